// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "scatter.h"

const char *cli_file_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	default:
		return "not a regular file";
	}
}

static int refuse_kind(const char *name, mode_t mode)
{
	cli_error("'%s' is %s; only regular files are read", name, cli_file_kind(mode));
	return -EINVAL;
}

static int say_errno(const char *what, const char *name)
{
	int err = errno;

	cli_error("cannot %s '%s': %s", what, name, strerror(err));
	return -err;
}

int cli_source_open(struct cli_source *source, const char *name)
{
	int err;

	source->name = name;
	source->fd = -1;
	/* looked at before it is opened, since opening a device may do something */
	if (stat(name, &source->stat))
		return say_errno("read", name);
	if (!S_ISREG(source->stat.st_mode))
		return refuse_kind(name, source->stat.st_mode);
	source->fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (source->fd < 0)
		return say_errno("read", name);
	err = fstat(source->fd, &source->stat) ? say_errno("read", name) : 0;
	if (!err && !S_ISREG(source->stat.st_mode))
		err = refuse_kind(name, source->stat.st_mode);
	source->size = (uint64_t)source->stat.st_size;
	if (err)
		cli_source_close(source);
	return err;
}

void cli_source_close(struct cli_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

int cli_source_read(const struct cli_source *source, uint64_t offset, const struct dmavec_range *ranges, uint64_t len)
{
	int64_t got = cli_scatter_read(source->fd, offset, ranges, len);

	if (got < 0) {
		cli_error("cannot read '%s': %s", source->name, strerror((int)-got));
		return (int)got;
	}
	if ((uint64_t)got < len) {
		cli_error("'%s' ended after %" PRIu64 " of %" PRIu64 " bytes: it changed its size meanwhile",
			  source->name, offset + (uint64_t)got, source->size);
		return -EBUSY;
	}
	return 0;
}

int cli_source_check(const struct cli_source *source, bool at_end)
{
	struct stat now;
	char more;

	if (fstat(source->fd, &now))
		return say_errno("read", source->name);
	if ((uint64_t)now.st_size != source->size) {
		cli_error("'%s' changed its size meanwhile, from %" PRIu64 " to %" PRIu64 " bytes", source->name,
			  source->size, (uint64_t)now.st_size);
		return -EBUSY;
	}
	/* files of /proc tell no size */
	if (at_end && pread(source->fd, &more, 1, (off_t)source->size) == 1) {
		cli_error("'%s' goes on after the %" PRIu64 " bytes that it is said to have", source->name,
			  source->size);
		return -EBUSY;
	}
	return 0;
}

bool cli_source_touched(const struct cli_source *source)
{
	struct stat now;

	return fstat(source->fd, &now) || now.st_mtim.tv_sec != source->stat.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != source->stat.st_mtim.tv_nsec;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "scatter.h"

#define LINKS_MAX 40
#define PERMISSIONS 0777
#define MODE_BITS   07777
#define NEW_FILE    0666

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* What a signal has to remove. dir and name are written before armed is, and only while it is 0. */
static struct {
	volatile sig_atomic_t armed;
	int dir;
	char name[CLI_TEMP_NAME];
} unfinished;

static const int fatal_signals[] = {
	SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGALRM, SIGVTALRM,
	SIGXCPU, SIGUSR1, SIGUSR2, SIGABRT, SIGBUS, SIGSEGV,
};

static void remove_unfinished(int sig)
{
	if (unfinished.armed)
		unlinkat(unfinished.dir, unfinished.name, 0);
	unfinished.armed = 0;
	/* the handler was reset on entry, so that this ends the process as the signal does */
	raise(sig);
}

static void arm_signals(const struct cli_target *target)
{
	struct sigaction action = { .sa_handler = remove_unfinished, .sa_flags = (int)SA_RESETHAND }, old;
	size_t i;

	unfinished.dir = target->dir;
	memcpy(unfinished.name, target->temp, sizeof(unfinished.name));
	unfinished.armed = 1;
	/* what is ignored stays so, and a sanitizer keeps those by which it reports */
	for (i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
		if (!sigaction(fatal_signals[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(fatal_signals[i], &action, NULL);
}

static int say_errno(const char *what, const char *name, int err)
{
	cli_error("cannot %s '%s': %s", what, name, strerror(err));
	return -err;
}

/* Where the link at path leads, as a path that serves from here; NULL: errno. */
static char *follow_link(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *to = malloc(4096), *joined = NULL;
	ssize_t len = to ? readlink(path, to, 4096) : -1;

	if (len >= 4096) {
		errno = ENAMETOOLONG;
		len = -1;
	}
	if (len >= 0) {
		to[len] = 0;
		if (to[0] == '/' || !slash)
			return to;
		if (asprintf(&joined, "%.*s/%s", (int)(slash - path), path, to) < 0)
			joined = NULL;
	}
	free(to);
	return joined;
}

/* The path of a file that is not there, found through dangling links; NULL: errno. */
static char *resolve_missing(const char *name)
{
	char *path = strdup(name), *next;
	struct stat stat;
	int links;

	for (links = 0; path && links < LINKS_MAX; links++) {
		if (lstat(path, &stat) || !S_ISLNK(stat.st_mode))
			return path;
		next = follow_link(path);
		free(path);
		path = next;
	}
	free(path);
	if (links == LINKS_MAX)
		errno = ELOOP;
	return NULL;
}

/* What may not be written over. */
static int refuse_existing(struct cli_target *target, const struct cli_source *source)
{
	const struct stat *stat = &target->stat;

	if (!S_ISREG(stat->st_mode)) {
		cli_error("'%s' is %s; only a regular file is written", target->name, cli_file_kind(stat->st_mode));
		return S_ISDIR(stat->st_mode) ? -EISDIR : -EINVAL;
	}
	if (source && stat->st_dev == source->stat.st_dev && stat->st_ino == source->stat.st_ino) {
		cli_error("'%s' and '%s' are the same file", source->name, target->name);
		return -EINVAL;
	}
	/* a rename would not ask */
	if (faccessat(AT_FDCWD, target->name, W_OK, AT_EACCESS))
		return say_errno("write", target->name, errno);
	return 0;
}

static int find_existing(struct cli_target *target, const struct cli_source *source)
{
	struct stat real;
	int err = refuse_existing(target, source);

	if (err)
		return err;
	target->path = realpath(target->name, NULL);
	if (!target->path)
		return say_errno("resolve", target->name, errno);
	/* links in /proc may lead to a file that no longer has a name */
	if (lstat(target->path, &real) || real.st_dev != target->stat.st_dev || real.st_ino != target->stat.st_ino) {
		cli_error("'%s' is a file without a name of its own", target->name);
		return -EINVAL;
	}
	target->mode = target->stat.st_mode & MODE_BITS;
	return 0;
}

static int find_missing(struct cli_target *target, const struct cli_source *source)
{
	mode_t mask = umask(0);

	umask(mask);
	target->mode = (source ? source->stat.st_mode & PERMISSIONS : NEW_FILE) & ~mask;
	target->path = resolve_missing(target->name);
	return target->path ? 0 : say_errno("write", target->name, errno);
}

/* Split path into a directory, opened, and the name in it. */
static int open_dir(struct cli_target *target)
{
	char *slash = strrchr(target->path, '/');
	const char *dir = ".";

	target->base = slash ? slash + 1 : target->path;
	if (slash == target->path)
		dir = "/";
	else if (slash) {
		*slash = 0;
		dir = target->path;
	}
	if (!*target->base || !strcmp(target->base, ".") || !strcmp(target->base, "..")) {
		cli_error("'%s' is no name for a file", target->name);
		return -EINVAL;
	}
	target->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (target->dir < 0)
		return say_errno("write", target->name, errno);
	return 0;
}

int cli_target_find(struct cli_target *target, const char *name, const struct cli_source *source)
{
	int err;

	memset(target, 0, sizeof(*target));
	target->name = name;
	target->dir = target->fd = -1;
	target->exists = !stat(name, &target->stat);
	if (!target->exists && errno != ENOENT)
		return say_errno("write", name, errno);
	err = target->exists ? find_existing(target, source) : find_missing(target, source);
	if (!err)
		err = open_dir(target);
	if (err)
		cli_target_drop(target);
	return err;
}

static int name_temp(struct cli_target *target)
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -errno;
	snprintf(target->temp, sizeof(target->temp), ".dmavec-%016llx", (unsigned long long)random);
	return 0;
}

/*
 * The mode at last, and owner and group as far as we may: others could read it before, or never again. A file of
 * another owner, written by a plain user, becomes that user's, and what its bits gave to the old owner and group, they
 * must not give to the new ones.
 */
static int dress(const struct cli_target *target)
{
	const struct stat *old = &target->stat;
	mode_t mode = target->mode;

	if (target->exists && fchown(target->fd, old->st_uid, old->st_gid)) {
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
		if (fchown(target->fd, (uid_t)-1, old->st_gid))
			mode &= ~(mode_t)S_IRWXG;
	}
	return fchmod(target->fd, mode) ? -errno : 0;
}

int cli_target_create(struct cli_target *target)
{
	int err = name_temp(target);

	if (err)
		return say_errno("write", target->name, -err);
	arm_signals(target);
	target->fd = openat(target->dir, target->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (target->fd < 0) {
		err = errno;
		unfinished.armed = 0;
		return say_errno("write", target->name, err);
	}
	return 0;
}

int cli_target_write(const struct cli_target *target, uint64_t offset, const struct dmavec_range *ranges, uint64_t len)
{
	int64_t done = cli_scatter_write(target->fd, offset, ranges, len);

	if (done >= 0 && (uint64_t)done < len)
		done = -EIO;
	return done < 0 ? say_errno("write", target->name, (int)-done) : 0;
}

int cli_target_sync(const struct cli_target *target)
{
	if (!fdatasync(target->fd) || errno == EINVAL || errno == ENOSYS)
		return 0; /* a file system that has nothing to bring anywhere */
	return say_errno("write", target->name, errno);
}

/* Nothing was there, so that nobody agreed to lose what has come meanwhile. */
static int rename_to_nothing(const struct cli_target *target)
{
	int dir = target->dir;
	struct stat now;

	if (!syscall(SYS_renameat2, dir, target->temp, dir, target->base, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return -errno;
	/* a file system without that; a link replaces nothing, either */
	if (!linkat(dir, target->temp, dir, target->base, 0)) {
		unlinkat(dir, target->temp, 0);
		return 0;
	}
	if (errno == EEXIST)
		return -EEXIST;
	/* nor links: to look before is the best that is left */
	if (!fstatat(dir, target->base, &now, AT_SYMLINK_NOFOLLOW))
		return -EEXIST;
	return renameat(dir, target->temp, dir, target->base) ? -errno : 0;
}

static int rename_target(const struct cli_target *target)
{
	int err;

	if (target->exists)
		err = renameat(target->dir, target->temp, target->dir, target->base) ? -errno : 0;
	else
		err = rename_to_nothing(target);
	if (err == -EEXIST) {
		cli_error("'%s' was not there, but is now: someone else's, and left as it is", target->name);
		return err;
	}
	return err ? say_errno("write", target->name, -err) : 0;
}

/* The new name, too, is brought to the disk. */
static int sync_dir(const struct cli_target *target)
{
	if (!fsync(target->dir) || errno == EINVAL || errno == EROFS || errno == ENOSYS)
		return 0;
	cli_error("'%s' is in place, but its directory cannot be brought to the disk: %s", target->name,
		  strerror(errno));
	return -EIO;
}

int cli_target_commit(struct cli_target *target)
{
	struct stat now;
	int err = dress(target);

	if (err)
		return say_errno("set the mode of", target->name, -err);
	if (!fstatat(target->dir, target->base, &now, AT_SYMLINK_NOFOLLOW) && !S_ISREG(now.st_mode)) {
		cli_error("'%s' became something else meanwhile", target->name);
		return -EBUSY;
	}
	err = rename_target(target);
	if (err)
		return err;
	unfinished.armed = 0;
	target->temp[0] = 0;
	return sync_dir(target);
}

void cli_target_drop(struct cli_target *target)
{
	if (target->fd >= 0 && target->temp[0])
		unlinkat(target->dir, target->temp, 0);
	unfinished.armed = 0;
	if (target->fd >= 0)
		close(target->fd);
	if (target->dir >= 0)
		close(target->dir);
	free(target->path);
	target->path = NULL;
	target->fd = target->dir = -1;
}

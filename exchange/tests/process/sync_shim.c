/* A disk whose syncs fail from the moment on at which a file appears.
 *
 * Loaded before the C library into an exchange under test. Everything else that it asks of the disk goes on as ever:
 * what a failed sync leaves behind is unknown to the process, though it reads what it wrote. */

#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *trigger;

/* A test whose disk cannot fail would test nothing. */
__attribute__((constructor)) static void find_trigger(void) {
    trigger = getenv("SYNC_FAILS");
    if (trigger == NULL) {
        abort();
    }
}

static int fails(void) {
    int before = errno;
    int is_there = access(trigger, F_OK) == 0;
    errno = is_there ? EIO : before;
    return is_there;
}

int fsync(int file) {
    return fails() ? -1 : (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    return fails() ? -1 : (int)syscall(SYS_fdatasync, file);
}

int msync(void *from, size_t length, int flags) {
    return fails() ? -1 : (int)syscall(SYS_msync, from, length, flags);
}

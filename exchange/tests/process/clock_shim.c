/* What the machine's clock says, shifted by as many seconds as a file says at that moment.
 *
 * Loaded before the C library into an exchange under test. Only the time of day is shifted: the monotonic
 * clock cannot be set, so it goes on as ever. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shift_seconds;

/* A test whose clock is not shifted would test nothing, so whatever fails here ends the process. */
__attribute__((constructor)) static void find_shift(void) {
    const char *name = getenv("CLOCK_SHIFT");
    int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        abort();
    }
    void *map = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) {
        abort();
    }
    close(file);
    shift_seconds = map;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    int is_time_of_day = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    if (result == 0 && is_time_of_day && shift_seconds != NULL) {
        now->tv_sec += *shift_seconds;
    }
    return result;
}

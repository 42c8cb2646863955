/* Preloaded into a process, makes each sync to disk take SLOW_FSYNC_US microseconds longer, as on an ordinary disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int slow(const char *name, int file)
{
    const char *wait = getenv("SLOW_FSYNC_US");
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    if (wait)
        usleep((useconds_t)atoi(wait));
    return real(file);
}

int fsync(int file) { return slow("fsync", file); }
int fdatasync(int file) { return slow("fdatasync", file); }

/* Loaded ahead of the C library: makes one read or open below a folder fail, vanish or take its time.
 * FAULT names the kind, FAULT_AT the call that it happens to, FAULT_ROOT the folder. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is(const char *kind) { return strcmp(getenv("FAULT"), kind) == 0; }

static int below(const char *path) {
    const char *root = getenv("FAULT_ROOT");
    return strncmp(path, root, strlen(root)) == 0;
}

static int reached(void) {
    static int calls;
    return __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) == atoi(getenv("FAULT_AT"));
}

int open64(const char *path, int flags, ...) {
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    int error = is("vanish") ? ENOENT : is("deny") ? EACCES : is("crowd") ? EMFILE : 0;
    if (error && below(path) && reached()) {
        errno = error;
        return -1;
    }
    return real(path, flags, mode);
}

ssize_t read(int file, void *to, size_t size) {
    ssize_t (*real)(int, void *, size_t) = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0 && (path[length] = 0, below(path))) {
        if (is("fail") && reached()) {
            errno = EIO;
            return -1;
        }
        if (is("stall") && reached()) sleep(1);
        if (is("short") && size > 1) size = 1;
    }
    return real(file, to, size);
}

/* process.c - reads /proc/self when metrics are collected; see the header. */
#include "common/base/process.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/metrics.h"

static void refresh(void *arg);
static double cpu_seconds(void);
static double resident_bytes(void);
static int open_descriptors(void);

static struct metric *cpu, *resident, *open_fds, *max_fds, *lines_dropped;
static double cpu_so_far;
static int64_t dropped_so_far;

void process_metrics_setup(const char *service)
{
    struct metric_family *build = metrics_gauge("sharelink_build_info", "1, with the version that runs.", "service,version");
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    metrics_set(metrics_series(build, (const char *const[]){ service, SHARELINK_VERSION }), 1);
    metrics_set(metrics_only(metrics_gauge("process_start_time_seconds", "When the process began, as Unix time.", "")),
                (double)now.tv_sec + (double)now.tv_nsec / 1e9);
    cpu = metrics_only(metrics_counter("process_cpu_seconds_total", "Processor time used.", ""));
    resident = metrics_only(metrics_gauge("process_resident_memory_bytes", "Memory in use.", ""));
    open_fds = metrics_only(metrics_gauge("process_open_fds", "Open file descriptors.", ""));
    max_fds = metrics_only(metrics_gauge("process_max_fds", "File descriptors that may be open.", ""));
    lines_dropped = metrics_only(
        metrics_counter("sharelink_log_lines_dropped_total", "Lines of the log that were dropped: nobody read stderr.", ""));
    metrics_on_collect(refresh, NULL);
}

static void refresh(void *arg)
{
    struct rlimit limit;
    double now = cpu_seconds();
    (void)arg;

    metrics_add(cpu, now > cpu_so_far ? now - cpu_so_far : 0);
    cpu_so_far = now;
    metrics_add(lines_dropped, (double)(log_lines_dropped() - dropped_so_far));
    dropped_so_far = log_lines_dropped();
    metrics_set(resident, resident_bytes());
    metrics_set(open_fds, open_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        metrics_set(max_fds, (double)limit.rlim_cur);
    }
}

static double cpu_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static double resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;

    if (file) {
        if (fscanf(file, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static int open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = -3; /* ".", ".." and the directory itself */

    if (!directory) {
        return 0;
    }
    while (readdir(directory)) {
        count++;
    }
    closedir(directory);
    return count;
}

int64_t process_raise_descriptors(int64_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return wanted;
    }
    if (limit.rlim_cur < (rlim_t)wanted && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur < (rlim_t)wanted ? (int64_t)limit.rlim_cur : wanted;
}

void process_ignore_signals(void)
{
    static const int numbers[] = { SIGPIPE, SIGHUP,    SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
                                   SIGPROF, SIGSTKFLT, SIGIO,   SIGPWR,  SIGXFSZ };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        signal(numbers[i], SIG_IGN);
    }
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
        signal(number, SIG_IGN);
    }
}

void process_forbid_cores(void)
{
    const struct rlimit none = { 0 };

    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* whose search for leaks looks in from outside */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

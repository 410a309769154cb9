/* fetch_job.h - a job in hand, and what is done with what was fetched for it, beside the loop. */
#ifndef SHARELINK_VIEWS_FETCH_JOB_H
#define SHARELINK_VIEWS_FETCH_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/arena.h"
#include "common/base/buf.h"

struct fetcher;

struct fetch_job {
    LIST_ENTRY(fetch_job) in_hand;
    struct fetcher *fetcher;
    struct arena *arena;
    int64_t id, document_version, attempts;
    const char *account_id, *interview_id, *url; /* interview_id NULL: a logo */
    size_t most;                                 /* bytes that it may have */
    const char *media_dir, *path;                /* of a file that is to be read; path NULL: the bytes are there already */
    struct buf bytes;
    /* What came of it: a fault (a constant, or in the arena), or one of the others. */
    const char *fault;
    bool is_lasting;          /* another try would find the same */
    struct buf lines;         /* JSON */
    const char *content_type; /* of a logo */
    char digest[65];
};

/* In a thread of its own: reads the file, and the captions or the image in it. */
void fetch_job_read(void *job);

#endif

/* fetch_job.c - see the header. Nothing here touches anything but the job. */
#include "services/views/fetch/fetch_job.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/data/crypto.h"
#include "services/views/fetch/captions.h"
#include "services/views/fetch/image_type.h"
#include "services/views/local_media.h"

/* In the order in which they run. */
static void read_file(struct fetch_job *job);
static void read_bytes(struct fetch_job *job, int file);
static void judge_image(struct fetch_job *job);

void fetch_job_read(void *arg)
{
    struct fetch_job *job = arg;

    if (job->path) {
        read_file(job);
    }
    const char *bytes = job->bytes.length ? job->bytes.data : "";
    if (!job->fault && job->interview_id) {
        job->fault = captions_read(bytes, job->bytes.length, &job->lines);
    } else if (!job->fault) {
        judge_image(job);
    }
}

static void read_file(struct fetch_job *job)
{
    struct stat status;
    int file = local_media_open(job->media_dir, job->path);

    if (file < 0 || fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
        job->fault = "there is no such file that may be read";
    } else if ((size_t)status.st_size > job->most) {
        job->fault = "it is too long";
    } else {
        read_bytes(job, file);
    }
    if (file >= 0) {
        close(file);
    }
}

static void read_bytes(struct fetch_job *job, int file)
{
    char part[16384];
    ssize_t got;

    while ((got = read(file, part, sizeof part)) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 || job->bytes.length + (size_t)got > job->most) {
            job->fault = got < 0 ? "the file cannot be read" : "it is too long";
            return;
        }
        buf_add(&job->bytes, part, (size_t)got);
    }
}

static void judge_image(struct fetch_job *job)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    const char *bytes = job->bytes.length ? job->bytes.data : "";

    job->is_lasting = true;
    job->content_type = image_type_of(bytes, job->bytes.length, &job->fault);
    if (job->content_type) {
        crypto_sha256(digest, bytes, job->bytes.length);
        str_hex(job->digest, digest, sizeof digest);
    }
}

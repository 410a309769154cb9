/* s3_presign.h - URLs by which anybody may get one object of an S3 bucket for some minutes: AWS Signature Version 4 in the
 * query string. Nothing is asked of the store; a URL to an object that is not there is as good as any other.
 *
 * "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)",
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
#ifndef SHARELINK_S3_PRESIGN_H
#define SHARELINK_S3_PRESIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"

struct s3_access {
    const char *endpoint; /* http(s)://host[:port] */
    const char *region;
    const char *access_key_id, *secret_access_key;
    bool path_style; /* endpoint/bucket/key instead of bucket.endpoint/key; a bucket with a dot is always asked for so */
};

/* What the store is to say of the object instead of what it knows; each may be NULL. */
struct s3_answer {
    const char *content_type, *content_disposition;
};

/* In the arena. NULL when no URL can name such an object: an odd bucket, an empty key, or one with a segment "." or "..",
 * which browsers would resolve. */
char *s3_presign_get(struct arena *arena, const struct s3_access *access, const char *bucket, const char *key,
                     const struct s3_answer *answer, int64_t wall_ms, int expires_s);

#endif

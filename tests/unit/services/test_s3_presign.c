/* test_s3_presign.c - presigned URLs, against the example that AWS has published. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/data/crypto.h"
#include "services/views/s3_presign.h"

#define MAY_24_2013_MS 1369353600000

/* https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html, "Example" */
static const struct s3_access aws_example = {
    .endpoint = "https://s3.amazonaws.com",
    .region = "us-east-1",
    .access_key_id = "AKIAIOSFODNN7EXAMPLE",
    .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

static const char *presigned(struct arena *arena, const struct s3_access *access, const char *bucket, const char *key)
{
    return s3_presign_get(arena, access, bucket, key, NULL, MAY_24_2013_MS, 86400);
}

static void test_signs_as_aws_does(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    assert_string_equal(presigned(arena, &aws_example, "examplebucket", "test.txt"),
                        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    arena_free(arena);
}

static void assert_begins(const char *url, const char *start)
{
    assert_non_null(url);
    if (strncmp(url, start, strlen(start)) != 0) {
        fail_msg("%s does not begin with %s", url, start);
    }
}

static void test_puts_the_bucket_where_it_belongs(void **state)
{
    struct s3_access access = aws_example;
    struct arena *arena = arena_new();
    (void)state;

    assert_begins(presigned(arena, &access, "a.dotted.bucket", "k"), "https://s3.amazonaws.com/a.dotted.bucket/k?");
    access.endpoint = "http://127.0.0.1:9000";
    access.path_style = true;
    assert_begins(presigned(arena, &access, "examplebucket", "k"), "http://127.0.0.1:9000/examplebucket/k?");
    arena_free(arena);
}

static void test_encodes_what_is_not_plain(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    assert_begins(presigned(arena, &aws_example, "examplebucket", "a b/c+d/\xc3\xa9~?#%&.mp4"),
                  "https://examplebucket.s3.amazonaws.com/a%20b/c%2Bd/%C3%A9~%3F%23%25%26.mp4?X-Amz-Algorithm");
    arena_free(arena);
}

static void test_signs_what_the_store_is_to_say(void **state)
{
    const struct s3_answer answer = { "video/mp4", "inline; filename=\"a\"" };
    struct arena *arena = arena_new();
    (void)state;

    const char *url = s3_presign_get(arena, &aws_example, "examplebucket", "test.txt", &answer, MAY_24_2013_MS, 300);
    assert_non_null(strstr(url, "&X-Amz-SignedHeaders=host&response-content-disposition=inline%3B%20filename%3D%22a%22&response-"
                                "content-type=video%2Fmp4&X-Amz-Signature="));
    assert_non_null(strstr(url, "&X-Amz-Expires=300&"));
    assert_null(strstr(url, "aeeed9bb"));
    arena_free(arena);
}

static void test_refuses_what_no_url_can_name(void **state)
{
    static const char *const buckets[] = { "",          "ab",  "Upper", "-dash",  "dash-",
                                           "two..dots", "a/b", "a b",   "bücket", "evil.example#" };
    static const char *const keys[] = { "", "..", "a/../b", "../a", "a/..", "./a", "a/." };
    struct arena *arena = arena_new();
    (void)state;

    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
        assert_null(presigned(arena, &aws_example, buckets[i], "k"));
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_null(presigned(arena, &aws_example, "examplebucket", keys[i]));
    }
    assert_non_null(presigned(arena, &aws_example, "examplebucket", "..a/b../.c/d"));
    arena_free(arena);
}

/* RFC 4231, test case 2; and a key longer than a block, test case 6. */
static void test_hmac(void **state)
{
    static const uint8_t expected[4] = { 0x5b, 0xdc, 0xc1, 0x46 }, expected_long[4] = { 0x60, 0xe4, 0x31, 0x59 };
    static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t mac[CRYPTO_SHA256_SIZE], key[131];
    (void)state;

    crypto_hmac_sha256(mac, "Jefe", 4, "what do ya want for nothing?", 28);
    assert_memory_equal(mac, expected, sizeof expected);
    memset(key, 0xaa, sizeof key);
    crypto_hmac_sha256(mac, key, sizeof key, text, sizeof text - 1);
    assert_memory_equal(mac, expected_long, sizeof expected_long);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signs_as_aws_does),
        cmocka_unit_test(test_puts_the_bucket_where_it_belongs),
        cmocka_unit_test(test_encodes_what_is_not_plain),
        cmocka_unit_test(test_signs_what_the_store_is_to_say),
        cmocka_unit_test(test_refuses_what_no_url_can_name),
        cmocka_unit_test(test_hmac),
    };
    crypto_setup();
    return cmocka_run_group_tests_name("s3_presign", tests, NULL, NULL);
}

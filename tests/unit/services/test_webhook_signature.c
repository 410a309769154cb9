/* test_webhook_signature.c - the published vector of Standard Webhooks, and secrets of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/data/crypto.h"
#include "common/base/str.h"
#include "services/notifications/webhook/webhook_signature.h"

static int set_up(void **state)
{
    crypto_setup();
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void test_published_vector(void **state)
{
    static const char body[] = "{\"test\": 2432232314}";

    assert_string_equal(webhook_sign(*state, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                     body, strlen(body)),
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void test_new_secret_has_its_form_and_signs(void **state)
{
    char *secret = webhook_secret_new(*state);
    size_t length = 0;

    assert_true(str_starts_with(secret, "whsec_"));
    assert_non_null(crypto_base64_decode(*state, secret + 6, &length));
    assert_in_range(length, 24, 64);
    assert_string_not_equal(secret, webhook_secret_new(*state));
    assert_non_null(webhook_sign(*state, secret, "evt_1", 1, "{}", 2));
}

static void test_what_is_no_secret_signs_nothing(void **state)
{
    assert_null(webhook_sign(*state, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "evt_1", 1, "{}", 2));
    assert_null(webhook_sign(*state, "whsec_not base64", "evt_1", 1, "{}", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vector),
        cmocka_unit_test(test_new_secret_has_its_form_and_signs),
        cmocka_unit_test(test_what_is_no_secret_signs_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}

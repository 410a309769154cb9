/* test_accent.c - every accent that an account may set can be read on every ground of the pages, in both schemes, and keeps its
 * hue.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pages/accent.h"

static const char css[] =
#include "common/pages/base.css.inc"
    ;

static const char *token(const char *name, bool is_dark);
static void assert_readable(const struct accent_scheme *scheme, bool is_dark);
static void assert_contrast(const char *one, const char *other, double least);
static void assert_hue(const char *colour, const char *kept);
static double hue_of(const char *colour);
static int spread_of(const char *colour);

static void test_contrast_is_that_of_wcag(void **state)
{
    (void)state;
    assert_true(fabs(accent_contrast("#000000", "#ffffff") - 21) < 1e-9);
    assert_true(fabs(accent_contrast("#777777", "#FFFFFF") - 4.48) < .01);
    assert_true(fabs(accent_contrast("#0b57a4", "#0b57a4") - 1) < 1e-9);
    assert_true(accent_contrast("#fff", "#000000") == 0 && accent_contrast(NULL, "#000000") == 0);
}

/* What stands on what: any text on any ground, what is pressed on its own, and lines that tell something (of fields, of dots). */
static void test_every_pair_of_the_pages_can_be_read(void **state)
{
    static const char *const texts[] = { "text", "quiet", "accent", "good", "warn", "bad" };
    static const char *const grounds[] = { "surface", "raised", "tint" };
    (void)state;

    for (int is_dark = 0; is_dark < 2; is_dark++) {
        for (size_t g = 0; g < sizeof grounds / sizeof grounds[0]; g++) {
            for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
                assert_contrast(token(texts[t], is_dark), token(grounds[g], is_dark), 4.5);
            }
            assert_contrast(token("edge", is_dark), token(grounds[g], is_dark), 3);
        }
        assert_contrast(token("on-accent", is_dark), token("accent", is_dark), 4.5);
    }
}

static void test_every_colour_can_be_read(void **state)
{
    static const int steps[] = { 0, 1, 17, 51, 85, 119, 128, 153, 187, 221, 254, 255 };
    size_t count = sizeof steps / sizeof steps[0];
    (void)state;

    for (size_t i = 0; i < count * count * count; i++) {
        char colour[ACCENT_COLOUR_SIZE];
        struct accent accent;
        snprintf(colour, sizeof colour, "#%02x%02x%02x", (unsigned char)steps[i % count], (unsigned char)steps[i / count % count],
                 (unsigned char)steps[i / count / count]);
        assert_true(accent_of(colour, &accent));
        assert_readable(&accent.light, false);
        assert_readable(&accent.dark, true);
        assert_hue(colour, accent.light.accent);
        assert_hue(colour, accent.dark.accent);
    }
}

static void assert_readable(const struct accent_scheme *scheme, bool is_dark)
{
    static const char *const texts[] = { "text", "quiet", "good", "warn", "bad" };
    const char *const grounds[] = { token("surface", is_dark), token("raised", is_dark), scheme->tint, scheme->on_accent };

    for (size_t i = 0; i < sizeof grounds / sizeof grounds[0]; i++) {
        assert_contrast(scheme->accent, grounds[i], 4.5);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_contrast(token(texts[i], is_dark), scheme->tint, 4.5);
    }
    assert_contrast(token("edge", is_dark), scheme->tint, 3);
}

static void assert_contrast(const char *one, const char *other, double least)
{
    if (accent_contrast(one, other) < least) {
        fail_msg("%s on %s: %.3f", one, other, accent_contrast(one, other));
    }
}

/* Of a token in base.css: in the block for light, or that for dark, which comes second. */
static const char *token(const char *name, bool is_dark)
{
    static char values[8][ACCENT_COLOUR_SIZE];
    static size_t next;
    char *value = values[next++ % 8], wanted[32];

    snprintf(wanted, sizeof wanted, "--%s: #", name);
    const char *found = strstr(is_dark ? strstr(css, "prefers-color-scheme: dark") : css, wanted);
    assert_non_null(found);
    snprintf(value, ACCENT_COLOUR_SIZE, "%s", found + strlen(wanted) - 1);
    return value;
}

/* As far as eight bits tell it: a dark or pale colour has little left to tell it by. */
static void assert_hue(const char *colour, const char *kept)
{
    int spread = spread_of(colour) < spread_of(kept) ? spread_of(colour) : spread_of(kept);
    double apart = fabs(hue_of(colour) - hue_of(kept));

    if (spread >= 8) {
        assert_true(fmin(apart, 6 - apart) <= 1.5 / spread + .05);
    } else if (spread_of(colour) == 0) {
        assert_int_equal(spread_of(kept), 0);
    }
}

static double hue_of(const char *colour)
{
    long value = strtol(colour + 1, NULL, 16);
    double red = (double)(value >> 16), green = (double)(value >> 8 & 255), blue = (double)(value & 255),
           span = spread_of(colour);

    if (span <= 0) {
        return 0;
    }
    return red >= green && red >= blue ? fmod((green - blue) / span + 6, 6)
           : green >= blue             ? (blue - red) / span + 2
                                       : (red - green) / span + 4;
}

static int spread_of(const char *colour)
{
    long value = strtol(colour + 1, NULL, 16), red = value >> 16, green = value >> 8 & 255, blue = value & 255;
    long most = red > green ? red : green, least = red < green ? red : green;

    return (int)((most > blue ? most : blue) - (least < blue ? least : blue));
}

static void test_what_can_be_read_stays(void **state)
{
    struct accent accent;
    (void)state;

    assert_true(accent_of("#0B57A4", &accent));
    assert_string_equal(accent.light.accent, "#0b57a4");
    assert_string_equal(accent.light.on_accent, "#ffffff");
    assert_string_not_equal(accent.dark.accent, "#0b57a4");
    assert_true(accent_of("#86bdf6", &accent));
    assert_string_equal(accent.dark.accent, "#86bdf6");
    assert_string_not_equal(accent.light.accent, "#86bdf6");
    /* No more than it takes: yellow on white becomes the darker yellow that just can be read. */
    assert_true(accent_of("#ffdd00", &accent));
    assert_true(accent_contrast(accent.light.accent, accent.light.tint) < 4.6 ||
                accent_contrast(accent.light.accent, "#f6f5f1") < 4.6);
}

static void test_what_is_no_colour(void **state)
{
    static const char *const none[] = { NULL,      "",        "#fff",    "0b57a4", "#0b57a", "#0b57a44",
                                        "#0b57ag", "# b57a4", "#+b57a4", "red",    "#-1-1-1" };
    struct accent accent;
    (void)state;

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(accent_of(none[i], &accent));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contrast_is_that_of_wcag), cmocka_unit_test(test_every_pair_of_the_pages_can_be_read),
        cmocka_unit_test(test_every_colour_can_be_read), cmocka_unit_test(test_what_can_be_read_stays),
        cmocka_unit_test(test_what_is_no_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* accent.c - see accent.h. The lightness is that of HSL, searched from where the colour stands. */
#include "common/pages/accent.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define CONTRAST_MIN   4.5
#define LIGHTNESS_STEP .002

struct rgb {
    double red, green, blue; /* 0 to 1 */
};

struct hsl {
    double hue, saturation, lightness; /* 0 to 6; 0 to 1 */
};

/* What base.css has; test_accent.c compares them with it. */
struct scheme {
    const char *grounds[2];
    const char *on_accent;
    double tint_saturation_max, tint_lightness, step;
};

static const struct scheme light = { { "#f6f5f1", "#ffffff" }, "#ffffff", .6, .945, -LIGHTNESS_STEP };
static const struct scheme dark = { { "#12161c", "#1b212a" }, "#0d1a29", .4, .17, LIGHTNESS_STEP };

static void fill_scheme(const struct scheme *scheme, const struct rgb *colour, struct accent_scheme *filled);
static bool is_readable(const struct scheme *scheme, const struct accent_scheme *filled);
static bool read_colour(const char *text, struct rgb *colour);
static void write_colour(char text[ACCENT_COLOUR_SIZE], const struct rgb *colour);
static double luminance(const struct rgb *colour);
static double linear(double part);
static struct hsl hsl_of(const struct rgb *colour);
static struct rgb rgb_of(const struct hsl *colour);

bool accent_of(const char *colour, struct accent *accent)
{
    struct rgb wanted;

    if (!read_colour(colour, &wanted)) {
        return false;
    }
    fill_scheme(&light, &wanted, &accent->light);
    fill_scheme(&dark, &wanted, &accent->dark);
    return true;
}

/* Black and white have the contrast, so that the search ends. */
static void fill_scheme(const struct scheme *scheme, const struct rgb *colour, struct accent_scheme *filled)
{
    struct hsl tint = hsl_of(colour), tried = tint;
    struct rgb rgb = *colour;

    tint.saturation = fmin(tint.saturation, scheme->tint_saturation_max);
    tint.lightness = scheme->tint_lightness;
    struct rgb tint_rgb = rgb_of(&tint);
    write_colour(filled->tint, &tint_rgb);
    memcpy(filled->on_accent, scheme->on_accent, ACCENT_COLOUR_SIZE);
    write_colour(filled->accent, &rgb);
    while (!is_readable(scheme, filled) && tried.lightness >= 0 && tried.lightness <= 1) {
        tried.lightness += scheme->step;
        rgb = rgb_of(&tried);
        write_colour(filled->accent, &rgb);
    }
}

/* Of what is written, which is rounded. */
static bool is_readable(const struct scheme *scheme, const struct accent_scheme *filled)
{
    return accent_contrast(filled->accent, scheme->grounds[0]) >= CONTRAST_MIN &&
           accent_contrast(filled->accent, scheme->grounds[1]) >= CONTRAST_MIN &&
           accent_contrast(filled->accent, filled->tint) >= CONTRAST_MIN &&
           accent_contrast(filled->accent, filled->on_accent) >= CONTRAST_MIN;
}

double accent_contrast(const char *one, const char *other)
{
    struct rgb first, second;

    if (!read_colour(one, &first) || !read_colour(other, &second)) {
        return 0;
    }
    double a = luminance(&first), b = luminance(&second);
    return (fmax(a, b) + .05) / (fmin(a, b) + .05);
}

static bool read_colour(const char *text, struct rgb *colour)
{
    unsigned red, green, blue;

    if (!text || strlen(text) != ACCENT_COLOUR_SIZE - 1 || text[0] != '#' || strspn(text + 1, "0123456789abcdefABCDEF") != 6 ||
        sscanf(text + 1, "%2x%2x%2x", &red, &green, &blue) != 3) {
        return false;
    }
    *colour = (struct rgb){ red / 255., green / 255., blue / 255. };
    return true;
}

static void write_colour(char text[ACCENT_COLOUR_SIZE], const struct rgb *colour)
{
    snprintf(text, ACCENT_COLOUR_SIZE, "#%02x%02x%02x", (unsigned char)lround(colour->red * 255),
             (unsigned char)lround(colour->green * 255), (unsigned char)lround(colour->blue * 255));
}

static double luminance(const struct rgb *colour)
{
    return .2126 * linear(colour->red) + .7152 * linear(colour->green) + .0722 * linear(colour->blue);
}

static double linear(double part)
{
    return part <= .04045 ? part / 12.92 : pow((part + .055) / 1.055, 2.4);
}

static struct hsl hsl_of(const struct rgb *colour)
{
    double most = fmax(colour->red, fmax(colour->green, colour->blue));
    double least = fmin(colour->red, fmin(colour->green, colour->blue)), span = most - least;
    struct hsl hsl = { .lightness = (most + least) / 2 };

    if (span <= 0) {
        return hsl;
    }
    hsl.saturation = span / (1 - fabs(2 * hsl.lightness - 1));
    hsl.hue = most == colour->red     ? fmod((colour->green - colour->blue) / span + 6, 6)
              : most == colour->green ? (colour->blue - colour->red) / span + 2
                                      : (colour->red - colour->green) / span + 4;
    return hsl;
}

static struct rgb rgb_of(const struct hsl *colour)
{
    double lightness = fmin(fmax(colour->lightness, 0), 1);
    double chroma = (1 - fabs(2 * lightness - 1)) * colour->saturation;
    double second = chroma * (1 - fabs(fmod(colour->hue, 2) - 1)), base = lightness - chroma / 2;
    const struct rgb sixths[] = { { chroma, second, 0 }, { second, chroma, 0 }, { 0, chroma, second },
                                  { 0, second, chroma }, { second, 0, chroma }, { chroma, 0, second } };
    struct rgb rgb = sixths[(int)colour->hue % 6];

    return (struct rgb){ rgb.red + base, rgb.green + base, rgb.blue + base };
}

/* json_digest.c - see json_digest.h. */
#include "common/data/json_digest.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

/* Digested whenever it is full; it then begins with the digest of all that came before. */
struct mill {
    size_t length;
    uint8_t bytes[8192];
};

struct member {
    const char *name;
    const json_t *value;
};

static void feed_value(struct mill *mill, const json_t *value);
static void feed_object(struct mill *mill, const json_t *object);
static void feed_text(struct mill *mill, char tag, const char *text, size_t length);
static void feed_number(struct mill *mill, char tag, const void *number);
static void feed(struct mill *mill, const void *bytes, size_t length);
static void grind(struct mill *mill);
static int order(const void *a, const void *b);

void json_digest(uint8_t hash[CRYPTO_HASH_SIZE], const json_t *value)
{
    struct mill mill = { .length = 0 };

    feed_value(&mill, value);
    grind(&mill);
    memcpy(hash, mill.bytes, CRYPTO_HASH_SIZE);
}

/* As deep as json_parse lets a value be. Each tag says what follows it, so no two values are fed alike. */
static void feed_value(struct mill *mill, const json_t *value)
{
    const json_t *element;
    size_t i;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        feed_object(mill, value);
        break;
    case JSON_ARRAY:
        feed(mill, "[", 1);
        json_array_foreach(value, i, element)
        {
            feed_value(mill, element);
        }
        feed(mill, "]", 1);
        break;
    case JSON_STRING:
        feed_text(mill, '"', json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        feed_number(mill, 'i', &(const int64_t){ json_integer_value(value) });
        break;
    case JSON_REAL:
        feed_number(mill, 'r', &(const double){ json_real_value(value) });
        break;
    case JSON_TRUE:
        feed(mill, "t", 1);
        break;
    case JSON_FALSE:
        feed(mill, "f", 1);
        break;
    case JSON_NULL:
        feed(mill, "n", 1);
        break;
    }
}

static void feed_object(struct mill *mill, const json_t *object)
{
    size_t count = json_object_size(object), i = 0;
    struct member few[32], *members = count > sizeof few / sizeof *few ? mem_alloc(count * sizeof *members) : few;
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        members[i++] = (struct member){ name, value };
    }
    qsort(members, count, sizeof *members, order);
    feed(mill, "{", 1);
    for (i = 0; i < count; i++) {
        feed_text(mill, ':', members[i].name, strlen(members[i].name));
        feed_value(mill, members[i].value);
    }
    feed(mill, "}", 1);
    if (members != few) {
        free(members);
    }
}

static int order(const void *a, const void *b)
{
    const struct member *one = a, *other = b;

    return strcmp(one->name, other->name);
}

static void feed_text(struct mill *mill, char tag, const char *text, size_t length)
{
    feed_number(mill, tag, &(const uint64_t){ length });
    feed(mill, text, length);
}

static void feed_number(struct mill *mill, char tag, const void *number)
{
    feed(mill, &tag, 1);
    feed(mill, number, 8);
}

static void feed(struct mill *mill, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;

    while (length > 0) {
        size_t room = sizeof mill->bytes - mill->length, part = length < room ? length : room;
        memcpy(mill->bytes + mill->length, from, part);
        mill->length += part;
        from += part;
        length -= part;
        if (mill->length == sizeof mill->bytes) {
            grind(mill);
        }
    }
}

static void grind(struct mill *mill)
{
    uint8_t hash[CRYPTO_HASH_SIZE];

    crypto_hash(hash, mill->bytes, mill->length);
    memcpy(mill->bytes, hash, sizeof hash);
    mill->length = sizeof hash;
}

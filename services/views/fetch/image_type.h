/* image_type.h - which image these bytes are, by what they begin with; what a server or a name says of them counts for nothing.
 */
#ifndef SHARELINK_VIEWS_IMAGE_TYPE_H
#define SHARELINK_VIEWS_IMAGE_TYPE_H

#include <stddef.h>

/* image/png, image/jpeg, image/webp or image/gif; or NULL, and why not: a constant. */
const char *image_type_of(const char *bytes, size_t length, const char **fault);

#endif

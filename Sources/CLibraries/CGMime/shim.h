#pragma once

#include <gmime/gmime.h>

// GObject's casts are macros; these give null where the object is of another class.

static inline GMimeMultipart *martlet_mime_multipart(GMimeObject *object) {
    return GMIME_IS_MULTIPART(object) ? GMIME_MULTIPART(object) : NULL;
}

static inline GMimeMessagePart *martlet_mime_message_part(GMimeObject *object) {
    return GMIME_IS_MESSAGE_PART(object) ? GMIME_MESSAGE_PART(object) : NULL;
}

static inline GMimePart *martlet_mime_part(GMimeObject *object) {
    return GMIME_IS_PART(object) ? GMIME_PART(object) : NULL;
}

static inline InternetAddressMailbox *martlet_mime_mailbox(InternetAddress *address) {
    return INTERNET_ADDRESS_IS_MAILBOX(address) ? INTERNET_ADDRESS_MAILBOX(address) : NULL;
}

static inline InternetAddressGroup *martlet_mime_group(InternetAddress *address) {
    return INTERNET_ADDRESS_IS_GROUP(address) ? INTERNET_ADDRESS_GROUP(address) : NULL;
}

static inline GMimeObject *martlet_mime_message_object(GMimeMessage *message) { return GMIME_OBJECT(message); }
static inline GMimeObject *martlet_mime_multipart_object(GMimeMultipart *part) { return GMIME_OBJECT(part); }
static inline GMimeObject *martlet_mime_text_object(GMimeTextPart *part) { return GMIME_OBJECT(part); }
static inline GMimePart *martlet_mime_text_as_part(GMimeTextPart *part) { return GMIME_PART(part); }

/// What a memory stream holds; the bytes belong to the stream.
static inline GByteArray *martlet_mime_stream_bytes(GMimeStream *stream) {
    return g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
}

/// Sets the charsets that header bytes outside ASCII are tried in.
static inline void martlet_mime_set_fallback(GMimeParserOptions *options) {
    static const char *charsets[] = {"utf-8", "windows-1252", NULL};
    g_mime_parser_options_set_fallback_charsets(options, charsets);
}

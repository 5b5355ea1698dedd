#ifndef C_ICU_H
#define C_ICU_H

#include <stddef.h>
#include <stdint.h>

// Functions of our own over ICU, whose headers stay in the C file: Foundation brings an ICU of its own, and Swift cannot
// see both (each has a UErrorCode), nor functions that a macro renames by version.
//
// Texts are UTF-8; what is not valid counts as U+FFFD. All may be called from any thread.

enum martlet_text_form {
    martlet_text_nfc,
    martlet_text_nfd,
    martlet_text_nfkc,
    martlet_text_nfkd,
    // Compatible characters and cases as one, without what nobody sees.
    martlet_text_nfkc_casefold,
    // Unicode's full case folding, nothing else.
    martlet_text_casefold,
    // UTS 39: texts that look alike have one skeleton.
    martlet_text_skeleton,
};

/// Bytes of the text in that form, or -1 when it is longer than `capacity` or cannot be made.
int64_t martlet_text_transform(
    enum martlet_text_form form, const char *text, size_t length, char *result, size_t capacity);

enum martlet_text_unit { martlet_text_words, martlet_text_sentences, martlet_text_graphemes };

/// Finds the parts of a text: the byte behind each in `ends`, and in `statuses` whether it is a word (1) or not (0).
///
/// `language` is a BCP 47 tag or empty. Returns how many there are, at most `capacity`; -1 when they cannot be found.
int64_t martlet_text_breaks(
    enum martlet_text_unit unit, const char *language, const char *text, size_t length, int32_t *ends,
    uint8_t *statuses, size_t capacity);

/// The four letters of a script's code (ISO 15924) as one number, `Latn` being `'L' << 24 | 'a' << 16 | …`.
uint32_t martlet_text_script(uint32_t scalar);

/// The composed form of two characters; 0 when there is none.
uint32_t martlet_text_composed(uint32_t first, uint32_t second);

// What Unicode says of a character, as bits.
enum martlet_text_property {
    martlet_text_alphabetic = 1,
    // General categories: any letter, any mark, a mark without a width or around its letter.
    martlet_text_letter = 2,
    martlet_text_mark = 4,
    martlet_text_accent = 8,
    // Default_Ignorable_Code_Point or Cf.
    martlet_text_ignorable = 16,
    // NFC_Quick_Check=Maybe: may make one character with the one before it.
    martlet_text_combines = 32,
    // Changes_When_NFKC_Casefolded.
    martlet_text_folds = 64,
    martlet_text_cased = 128,
    martlet_text_lowercase = 256,
    martlet_text_blank = 512,
    martlet_text_dash = 1024,
    // So or Emoji_Presentation.
    martlet_text_picture = 2048,
    // Canonical combining class 7: a dot that changes a letter of Indic scripts.
    martlet_text_nukta = 4096,
};

uint32_t martlet_text_properties(uint32_t scalar);

/// The letters of a language, in ranges; calls `visit` for each. Returns whether there is such a language.
int martlet_text_letters(const char *language, void *context, void (*visit)(void *, uint32_t first, uint32_t last));

/// The version of Unicode as `15 << 8 | 0`: skeletons change with it.
uint32_t martlet_text_unicode(void);

#endif

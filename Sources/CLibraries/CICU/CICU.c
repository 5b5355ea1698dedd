#include "CICU.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ulocdata.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

// Texts of this many bytes are never longer in UTF-16.
enum { largest_text = 1 << 28 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const UNormalizer2 *normalizers[martlet_text_nfkc_casefold + 1];
static const UNormalizer2 *composer;
static USpoofChecker *checker;

static void prepare(void) {
    UErrorCode status = U_ZERO_ERROR;
    normalizers[martlet_text_nfc] = unorm2_getNFCInstance(&status);
    normalizers[martlet_text_nfd] = unorm2_getNFDInstance(&status);
    normalizers[martlet_text_nfkc] = unorm2_getNFKCInstance(&status);
    normalizers[martlet_text_nfkd] = unorm2_getNFKDInstance(&status);
    normalizers[martlet_text_nfkc_casefold] = unorm2_getNFKCCasefoldInstance(&status);
    composer = normalizers[martlet_text_nfc];
    // Read by all threads at once and changed by none, as uspoof.h asks.
    checker = uspoof_open(&status);
    if (U_FAILURE(status)) checker = NULL;
}

int64_t martlet_text_transform(
    enum martlet_text_form form, const char *text, size_t length, char *result, size_t capacity) {
    if (length > largest_text || capacity > largest_text) return -1;
    pthread_once(&once, prepare);
    UErrorCode status = U_ZERO_ERROR;
    if (form == martlet_text_skeleton) {
        if (!checker) return -1;
        // Kept to 7 bits: the type of skeleton is not used since ICU 58.
        int32_t written =
            uspoof_getSkeletonUTF8(checker, 0, text, (int32_t)length, result, (int32_t)capacity, &status);
        return U_FAILURE(status) ? -1 : written;
    }
    // A text in UTF-16 has at most as many units as bytes in UTF-8.
    UChar *wide = malloc((length + capacity + 2) * sizeof(UChar));
    if (!wide) return -1;
    UChar *changed = wide + length + 1;
    int64_t answer = -1;
    int32_t units = 0;
    u_strFromUTF8WithSub(wide, (int32_t)length + 1, &units, text, (int32_t)length, 0xFFFD, NULL, &status);
    int32_t made = 0;
    if (U_SUCCESS(status)) {
        if (form == martlet_text_casefold) {
            made = u_strFoldCase(changed, (int32_t)capacity, wide, units, U_FOLD_CASE_DEFAULT, &status);
        } else {
            made = unorm2_normalize(normalizers[form], wide, units, changed, (int32_t)capacity, &status);
        }
    }
    if (U_SUCCESS(status)) {
        int32_t written = 0;
        u_strToUTF8(result, (int32_t)capacity, &written, changed, made, &status);
        if (U_SUCCESS(status)) answer = written;
    }
    free(wide);
    return answer;
}

// Iterators are made from rules, which takes long, and cloned, which does not: one of each kind and language is kept.
enum { kept_iterators = 24 };

static pthread_mutex_t iterators_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    enum martlet_text_unit unit;
    char language[16];
    UBreakIterator *iterator;
} iterators[kept_iterators];
static size_t iterator_count;

static UBreakIterator *iterator_for(enum martlet_text_unit unit, const char *language) {
    static const UBreakIteratorType types[] = {UBRK_WORD, UBRK_SENTENCE, UBRK_CHARACTER};
    UErrorCode status = U_ZERO_ERROR;
    UBreakIterator *made = NULL;
    pthread_mutex_lock(&iterators_lock);
    for (size_t index = 0; index < iterator_count && !made; index++) {
        if (iterators[index].unit == unit && !strcmp(iterators[index].language, language)) {
            made = ubrk_clone(iterators[index].iterator, &status);
        }
    }
    if (!made) {
        status = U_ZERO_ERROR;
        made = ubrk_open(types[unit], language, NULL, 0, &status);
        if (U_SUCCESS(status) && iterator_count < kept_iterators && strlen(language) < sizeof iterators[0].language) {
            UBreakIterator *kept = ubrk_clone(made, &status);
            if (U_SUCCESS(status)) {
                iterators[iterator_count].unit = unit;
                strcpy(iterators[iterator_count].language, language);
                iterators[iterator_count++].iterator = kept;
            }
            status = U_ZERO_ERROR;
        }
    }
    pthread_mutex_unlock(&iterators_lock);
    if (U_SUCCESS(status)) return made;
    if (made) ubrk_close(made);
    return NULL;
}

int64_t martlet_text_breaks(
    enum martlet_text_unit unit, const char *language, const char *text, size_t length, int32_t *ends,
    uint8_t *statuses, size_t capacity) {
    if (length > largest_text) return -1;
    UBreakIterator *iterator = iterator_for(unit, language);
    if (!iterator) return -1;
    UErrorCode status = U_ZERO_ERROR;
    UText *view = utext_openUTF8(NULL, text, (int64_t)length, &status);
    int64_t count = -1;
    if (U_SUCCESS(status)) {
        ubrk_setUText(iterator, view, &status);
        if (U_SUCCESS(status)) {
            count = 0;
            ubrk_first(iterator);
            int32_t end;
            while ((size_t)count < capacity && (end = ubrk_next(iterator)) != UBRK_DONE) {
                ends[count] = end;
                statuses[count] = unit != martlet_text_words || ubrk_getRuleStatus(iterator) >= UBRK_WORD_NONE_LIMIT;
                count++;
            }
        }
        utext_close(view);
    }
    ubrk_close(iterator);
    return count;
}

uint32_t martlet_text_script(uint32_t scalar) {
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode code = uscript_getScript((UChar32)scalar, &status);
    const char *name = U_SUCCESS(status) ? uscript_getShortName(code) : NULL;
    if (!name || strlen(name) != 4) name = "Zzzz";
    return (uint32_t)(uint8_t)name[0] << 24 | (uint32_t)(uint8_t)name[1] << 16 | (uint32_t)(uint8_t)name[2] << 8 |
           (uint8_t)name[3];
}

uint32_t martlet_text_composed(uint32_t first, uint32_t second) {
    pthread_once(&once, prepare);
    UChar32 both = unorm2_composePair(composer, (UChar32)first, (UChar32)second);
    return both < 0 ? 0 : (uint32_t)both;
}

uint32_t martlet_text_properties(uint32_t scalar) {
    UChar32 c = (UChar32)scalar;
    uint32_t category = U_GET_GC_MASK(c);
    uint32_t bits = 0;
    if (u_isUAlphabetic(c)) bits |= martlet_text_alphabetic;
    if (category & U_GC_L_MASK) bits |= martlet_text_letter;
    if (category & U_GC_M_MASK) {
        bits |= martlet_text_mark;
        if (category & (U_GC_MN_MASK | U_GC_ME_MASK)) bits |= martlet_text_accent;
        if (u_getCombiningClass(c) == 7) bits |= martlet_text_nukta;
    }
    if (category & U_GC_CF_MASK || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) {
        bits |= martlet_text_ignorable;
    }
    if (u_getIntPropertyValue(c, UCHAR_NFC_QUICK_CHECK) == UNORM_MAYBE) bits |= martlet_text_combines;
    if (u_hasBinaryProperty(c, UCHAR_CHANGES_WHEN_NFKC_CASEFOLDED)) bits |= martlet_text_folds;
    if (u_hasBinaryProperty(c, UCHAR_CASED)) bits |= martlet_text_cased;
    if (u_isULowercase(c)) bits |= martlet_text_lowercase;
    if (u_isUWhiteSpace(c)) bits |= martlet_text_blank;
    if (category & U_GC_PD_MASK) bits |= martlet_text_dash;
    if (category & U_GC_SO_MASK || u_hasBinaryProperty(c, UCHAR_EMOJI_PRESENTATION)) bits |= martlet_text_picture;
    return bits;
}

static void visit_all(const USet *set, void *context, void (*visit)(void *, uint32_t, uint32_t)) {
    for (int32_t index = 0; index < uset_getItemCount(set); index++) {
        UChar32 first, last;
        UErrorCode status = U_ZERO_ERROR;
        // Strings of several characters have a length; ranges have none.
        if (uset_getItem(set, index, &first, &last, NULL, 0, &status) == 0 && U_SUCCESS(status)) {
            visit(context, (uint32_t)first, (uint32_t)last);
        }
    }
}

int martlet_text_letters(const char *language, void *context, void (*visit)(void *, uint32_t, uint32_t)) {
    UErrorCode status = U_ZERO_ERROR;
    ULocaleData *data = ulocdata_open(language, &status);
    if (U_FAILURE(status)) return 0;
    // A language that is not known gets the root's letters, which are none.
    int is_known = status != U_USING_DEFAULT_WARNING;
    USet *set = ulocdata_getExemplarSet(data, NULL, 0, ULOCDATA_ES_STANDARD, &status);
    if (U_SUCCESS(status)) {
        is_known = is_known && uset_size(set) > 0;
        visit_all(set, context, visit);
        uset_close(set);
    } else {
        is_known = 0;
    }
    ulocdata_close(data);
    return is_known;
}

uint32_t martlet_text_unicode(void) {
    UVersionInfo version;
    u_getUnicodeVersion(version);
    return (uint32_t)version[0] << 8 | version[1];
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/unicode_forms.h"

#include "io/tokenizer/unicode.h"
#include "io/tokenizer/unicode_age.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include <utf8proc.h>

namespace expertscope::tokenizer {

namespace {

/// True only if the code point never changes in this form, neither alone nor by what stands before it. So a text may
/// be cut before any such code point.
bool isInert(char32_t c, UnicodeForm form)
{
    const bool composing = form == UnicodeForm::Nfc || form == UnicodeForm::Nfkc;
    if (c < 0x80 || (form == UnicodeForm::Nfc && c < 0x300))
        return true;
    if (c >= 0x3400 && c <= 0x9FFF) // ideographs
        return true;
    if (c >= 0xAC00 && c <= 0xD7A3)
        return composing;
    // Vowel and final Jamo join the letter before
    if ((c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FF))
        return false;
    if (isNewToNormalization(c))
        return true;
    const utf8proc_property_t* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
    return property->category != UTF8PROC_CATEGORY_CN
        && !(property->category >= UTF8PROC_CATEGORY_MN && property->category <= UTF8PROC_CATEGORY_ME)
        && property->combining_class == 0 && property->decomp_seqindex == UINT16_MAX;
}

void appendByLibrary(std::string& out, std::string_view text, UnicodeForm form)
{
    int options = UTF8PROC_STABLE;
    options |= form == UnicodeForm::Nfc || form == UnicodeForm::Nfkc ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    options |= form == UnicodeForm::Nfkc || form == UnicodeForm::Nfkd ? UTF8PROC_COMPAT : 0;
    utf8proc_uint8_t* result = nullptr;
    const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
        static_cast<utf8proc_ssize_t>(text.size()), &result, static_cast<utf8proc_option_t>(options));
    if (size < 0)
        throw std::bad_alloc(); // the text is valid UTF-8, so nothing else is left
    out.append(reinterpret_cast<const char*>(result), static_cast<std::size_t>(size));
    std::free(result);
}

/// Where the first stretch at or behind `from` begins that may change: at the code point that is not inert, or at the
/// inert one before it, which it may join. npos if there is none.
std::size_t firstDoubtful(std::string_view text, std::size_t from, UnicodeForm form)
{
    std::size_t start = from;
    for (std::size_t at = from; at < text.size();) {
        std::uint64_t eight = 0;
        if (at + 8 <= text.size())
            std::memcpy(&eight, text.data() + at, 8);
        if (at + 8 <= text.size() && (eight & 0x8080808080808080u) == 0) { // ASCII
            at += 8;
            start = at - 1;
            continue;
        }
        const std::size_t here = at;
        const char32_t c = nextCodePoint(text, at);
        if (!isInert(c, form))
            return start;
        start = isNewToNormalization(c) ? at : here; // nothing joins what is not known
    }
    return std::string_view::npos;
}

}

bool surelyNormalized(std::string_view text, UnicodeForm form)
{
    return firstDoubtful(text, 0, form) == std::string_view::npos;
}

void appendNormalized(std::string& out, std::string_view text, UnicodeForm form)
{
    std::size_t done = 0;
    while (done < text.size()) {
        const std::size_t doubtful = firstDoubtful(text, done, form);
        if (doubtful == std::string_view::npos)
            break;
        out += text.substr(done, doubtful - done);
        // From the letter that marks may join up to the next code point that joins nothing
        std::size_t end = doubtful;
        nextCodePoint(text, end);
        while (end < text.size()) {
            std::size_t behind = end;
            if (isInert(nextCodePoint(text, behind), form))
                break;
            end = behind;
        }
        if (end == doubtful)
            break;
        appendByLibrary(out, text.substr(doubtful, end - doubtful), form);
        done = end;
    }
    if (done < text.size())
        out += text.substr(done);
}

}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/decoder.h"

#include "io/base/utf8.h"
#include "io/tokenizer/json_fields.h"
#include "io/tokenizer/unicode.h"

namespace expertscope::tokenizer {

namespace {

/// The bytes the characters stand for, or nothing if one of them stands for none.
std::optional<std::string> bytesBehind(std::string_view token)
{
    std::string bytes;
    for (std::size_t at = 0; at < token.size();) {
        const auto byte = byteOfStandIn(nextCodePoint(token, at));
        if (!byte)
            return std::nullopt;
        bytes += static_cast<char>(*byte);
    }
    return bytes;
}

std::optional<char> byteOfFallbackToken(std::string_view token)
{
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>')
        return std::nullopt;
    int value = 0;
    for (const char c : token.substr(3, 2)) {
        const int digit = c >= '0' && c <= '9' ? c - '0'
            : c >= 'A' && c <= 'F'             ? c - 'A' + 10
            : c >= 'a' && c <= 'f'             ? c - 'a' + 10
                                               : -1;
        if (digit < 0)
            return std::nullopt;
        value = value * 16 + digit;
    }
    return static_cast<char>(value);
}

}

Expected<Decoder> Decoder::load(const JsonValue& value, const std::string& place)
{
    Decoder decoder;
    if (!value.isNull())
        ES_TRY(decoder.add(value, place));
    return decoder;
}

Expected<void> Decoder::addReplace(std::string_view from, std::string content, const std::string& place)
{
    ES_ASSIGN(Regex pattern, Regex::literal(from, place));
    m_steps.push_back({Step::Kind::Replace, std::move(pattern), std::move(content)});
    return {};
}

Expected<void> Decoder::add(const JsonValue& value, const std::string& place)
{
    ES_ASSIGN(JsonFields fields, JsonFields::open(value, place));
    ES_ASSIGN(const std::string_view type, fields.string("type"));
    if (type == "Sequence") {
        ES_ASSIGN(const auto items, fields.array("decoders"));
        ES_TRY(fields.finish());
        for (std::size_t i = 0; i < items.size(); ++i)
            ES_TRY(add(items[i], fields.place("decoders[" + std::to_string(i) + "]")));
        return {};
    }
    if (type == "ByteLevel") {
        ES_TRY(fields.boolean("add_prefix_space", true));
        ES_TRY(fields.boolean("trim_offsets", true));
        ES_TRY(fields.boolean("use_regex", true));
        m_steps.push_back({Step::Kind::ByteLevel, {}, {}});
    } else if (type == "ByteFallback") {
        m_steps.push_back({Step::Kind::ByteFallback, {}, {}});
    } else if (type == "Fuse") {
        m_fused = true;
    } else if (type == "Strip") {
        ES_TRY(fields.character("content"));
        ES_ASSIGN(const auto start, fields.count("start"));
        ES_ASSIGN(const auto stop, fields.count("stop"));
        if (!m_fused && (start > 0 || stop > 0))
            return fail("Strip without a Fuse before it would shorten every token", fields.place());
    } else if (type == "Metaspace") {
        ES_ASSIGN(const char32_t mark, fields.character("replacement"));
        if (fields.find("prepend_scheme"))
            ES_TRY(fields.oneOf("prepend_scheme", {"first", "never", "always"}));
        ES_TRY(fields.boolean("add_prefix_space", true));
        ES_TRY(fields.boolean("split", true));
        ES_TRY(fields.optionalString("str_rep"));
        std::string from;
        appendUtf8(from, mark);
        ES_TRY(addReplace(from, " ", fields.place("replacement")));
    } else if (type == "BPEDecoder") {
        ES_ASSIGN(const std::string_view suffix, fields.string("suffix"));
        if (!suffix.empty())
            ES_TRY(addReplace(suffix, " ", fields.place("suffix")));
    } else if (type == "Replace") {
        ES_ASSIGN(const JsonValue* pattern, fields.require("pattern"));
        ES_ASSIGN(const std::string_view content, fields.string("content"));
        ES_ASSIGN(JsonFields inner, JsonFields::open(*pattern, fields.place("pattern")));
        if (inner.find("String")) {
            ES_ASSIGN(const std::string_view text, inner.string("String"));
            ES_TRY(addReplace(text, std::string(content), inner.place("String")));
        } else {
            ES_ASSIGN(const std::string_view text, inner.string("Regex"));
            ES_ASSIGN(Regex regex, Regex::compile(text, inner.place("Regex")));
            m_steps.push_back({Step::Kind::Replace, std::move(regex), std::string(content)});
        }
        ES_TRY(inner.finish());
    } else {
        return fail("decoder " + inQuotes(type) + " is not supported", fields.place("type"));
    }
    return fields.finish();
}

std::string Decoder::bytesOf(std::string_view token, RegexScratch& scratch) const
{
    std::string text(token);
    for (const Step& step : m_steps) {
        // What is no longer text (a lone byte) passes the steps that read text.
        if (invalidUtf8At(text))
            break;
        switch (step.kind) {
        case Step::Kind::ByteLevel:
            text = bytesBehind(text).value_or(text);
            break;
        case Step::Kind::ByteFallback:
            if (const auto byte = byteOfFallbackToken(text))
                text.assign(1, *byte);
            break;
        case Step::Kind::Replace: {
            std::string replaced;
            std::size_t done = 0;
            for (MatchIterator matches(*step.pattern, text, scratch);;) {
                const auto match = matches.next();
                if (!match || !*match) // a pattern that gives up leaves the rest as it is
                    break;
                replaced += std::string_view(text).substr(done, (*match)->begin - done);
                replaced += step.content;
                done = (*match)->end;
            }
            replaced += std::string_view(text).substr(done);
            text = std::move(replaced);
            break;
        }
        }
    }
    return text;
}

}

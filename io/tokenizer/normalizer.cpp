// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/normalizer.h"

#include "io/tokenizer/json_fields.h"
#include "io/tokenizer/unicode.h"
#include "io/tokenizer/unicode_forms.h"

#include <algorithm>

namespace expertscope::tokenizer {

namespace {

class FormStep : public NormalizerStep
{
public:
    explicit FormStep(UnicodeForm form)
        : m_form(form)
    {
    }
    Expected<Piece> apply(Piece in, std::string& out, RegexScratch&) const override
    {
        if (surelyNormalized(in.text, m_form))
            return in;
        appendNormalized(out, in.text, m_form);
        // Exact as long as no composition reaches across the end of the first character, which it cannot: what composes
        // becomes one character, and that one stems from the first.
        std::string head;
        appendNormalized(head, in.text.substr(0, in.origin), m_form);
        std::size_t firstEnd = 0;
        if (in.origin > 0 && !out.empty())
            nextCodePoint(out, firstEnd);
        return Piece{out, in.origin > 0 ? std::max(firstEnd, std::min(head.size(), out.size())) : 0};
    }

private:
    UnicodeForm m_form;
};

/// Replaces each code point by some others, maybe none, on its own.
template <class F> class MapStep : public NormalizerStep
{
public:
    explicit MapStep(F map)
        : m_map(map)
    {
    }
    Expected<Piece> apply(Piece in, std::string& out, RegexScratch&) const override
    {
        std::size_t origin = 0;
        for (std::size_t at = 0; at < in.text.size();) {
            const bool first = at < in.origin;
            m_map(out, nextCodePoint(in.text, at));
            if (first)
                origin = out.size();
        }
        return Piece{out, origin};
    }

private:
    F m_map;
};

template <class F> std::unique_ptr<const NormalizerStep> mapStep(F map)
{
    return std::make_unique<MapStep<F>>(map);
}

class StripStep : public NormalizerStep
{
public:
    StripStep(bool left, bool right)
        : m_left(left)
        , m_right(right)
    {
    }
    Expected<Piece> apply(Piece in, std::string&, RegexScratch&) const override
    {
        std::size_t begin = 0;
        std::size_t end = in.text.size();
        while (m_left && begin < end) {
            std::size_t behind = begin;
            if (!isWhitespace(nextCodePoint(in.text, behind)))
                break;
            begin = behind;
        }
        while (m_right && end > begin && isWhitespace(lastCodePoint(in.text, end)))
            for (--end; (static_cast<unsigned char>(in.text[end]) & 0xC0) == 0x80;)
                --end;
        return in.slice(begin, end);
    }

private:
    bool m_left;
    bool m_right;
};

class PrependStep : public NormalizerStep
{
public:
    explicit PrependStep(std::string_view text)
        : m_text(text)
    {
    }
    Expected<Piece> apply(Piece in, std::string& out, RegexScratch&) const override
    {
        if (in.text.empty() || m_text.empty())
            return in;
        out.reserve(m_text.size() + in.text.size());
        out = m_text;
        out += in.text;
        return Piece{out, in.origin > 0 ? in.origin + m_text.size() : 0};
    }

private:
    std::string m_text;
};

class ReplaceStep : public NormalizerStep
{
public:
    ReplaceStep(Regex regex, std::optional<std::string> literal, std::string_view content)
        : m_regex(std::move(regex))
        , m_literal(std::move(literal))
        , m_content(content)
    {
    }
    Expected<Piece> apply(Piece in, std::string& out, RegexScratch& scratch) const override
    {
        Output output{in, out, m_content};
        if (m_literal && !m_literal->empty()) {
            for (std::size_t at = 0;;) {
                const std::size_t found = in.text.find(*m_literal, at);
                if (found == std::string_view::npos)
                    break;
                at = found + m_literal->size();
                output.replace({found, at});
            }
        } else {
            for (MatchIterator matches(m_regex, in.text, scratch);;) {
                ES_ASSIGN(const std::optional<Match> match, matches.next());
                if (!match)
                    break;
                output.replace(*match);
            }
        }
        return output.finish();
    }

private:
    struct Output
    {
        Piece in;
        std::string& out;
        std::string_view content;
        std::size_t done = 0;
        std::size_t origin = 0;
        bool changed = false;

        void copyTo(std::size_t end)
        {
            out += in.text.substr(done, end - done);
            if (done < in.origin)
                origin = out.size() - (end > in.origin ? end - in.origin : 0);
            done = end;
        }
        void replace(Match match)
        {
            copyTo(match.begin);
            out += content;
            // What is put in belongs to the last byte it replaces.
            if (match.end <= in.origin && in.origin > 0)
                origin = out.size();
            done = match.end;
            changed = true;
        }
        Piece finish()
        {
            if (!changed)
                return in;
            copyTo(in.text.size());
            return Piece{out, origin};
        }
    };

    Regex m_regex;
    std::optional<std::string> m_literal;
    std::string m_content;
};

/// Nmt, after SentencePiece's rule of that name: control characters go, odd spaces become plain ones.
void appendNmt(std::string& out, char32_t c)
{
    if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F)
        return;
    const bool space = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F)
        || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
    appendUtf8(out, space ? U' ' : c);
}

Expected<std::unique_ptr<const NormalizerStep>> replaceStep(JsonFields& fields)
{
    ES_ASSIGN(const JsonValue* pattern, fields.require("pattern"));
    ES_ASSIGN(const std::string_view content, fields.string("content"));
    ES_ASSIGN(JsonFields inner, JsonFields::open(*pattern, fields.place("pattern")));
    std::unique_ptr<const NormalizerStep> step;
    if (inner.find("String")) {
        ES_ASSIGN(const std::string_view text, inner.string("String"));
        ES_ASSIGN(Regex regex, Regex::literal(text, inner.place("String")));
        step = std::make_unique<ReplaceStep>(std::move(regex), std::string(text), content);
    } else {
        ES_ASSIGN(const std::string_view text, inner.string("Regex"));
        ES_ASSIGN(Regex regex, Regex::compile(text, inner.place("Regex")));
        step = std::make_unique<ReplaceStep>(std::move(regex), std::nullopt, content);
    }
    ES_TRY(inner.finish());
    return step;
}

}

Expected<Normalizer> Normalizer::load(const JsonValue& value, const std::string& place)
{
    Normalizer normalizer;
    if (!value.isNull())
        ES_TRY(normalizer.add(value, place));
    return normalizer;
}

Expected<void> Normalizer::add(const JsonValue& value, const std::string& place)
{
    ES_ASSIGN(JsonFields fields, JsonFields::open(value, place));
    ES_ASSIGN(const std::string_view type, fields.string("type"));
    std::unique_ptr<const NormalizerStep> step;
    if (type == "Sequence") {
        ES_ASSIGN(const auto items, fields.array("normalizers"));
        ES_TRY(fields.finish());
        for (std::size_t i = 0; i < items.size(); ++i)
            ES_TRY(add(items[i], fields.place("normalizers[" + std::to_string(i) + "]")));
        return {};
    }
    if (type == "NFC") {
        step = std::make_unique<FormStep>(UnicodeForm::Nfc);
    } else if (type == "NFD") {
        step = std::make_unique<FormStep>(UnicodeForm::Nfd);
    } else if (type == "NFKC") {
        step = std::make_unique<FormStep>(UnicodeForm::Nfkc);
    } else if (type == "NFKD") {
        step = std::make_unique<FormStep>(UnicodeForm::Nfkd);
    } else if (type == "Lowercase") {
        step = mapStep([](std::string& out, char32_t c) { appendLowercase(out, c); });
    } else if (type == "StripAccents") {
        step = mapStep([](std::string& out, char32_t c) {
            if (!isMark(c))
                appendUtf8(out, c);
        });
    } else if (type == "ByteLevel") {
        step = mapStep([](std::string& out, char32_t c) {
            std::string bytes;
            appendUtf8(bytes, c);
            appendStandIns(out, bytes);
        });
    } else if (type == "Nmt") {
        step = mapStep(appendNmt);
    } else if (type == "Strip") {
        ES_ASSIGN(const bool left, fields.boolean("strip_left"));
        ES_ASSIGN(const bool right, fields.boolean("strip_right"));
        step = std::make_unique<StripStep>(left, right);
    } else if (type == "Prepend") {
        ES_ASSIGN(const std::string_view text, fields.string("prepend"));
        step = std::make_unique<PrependStep>(text);
    } else if (type == "Replace") {
        ES_ASSIGN(step, replaceStep(fields));
    } else {
        return fail("normalizer " + inQuotes(type) + " is not supported", fields.place("type"));
    }
    ES_TRY(fields.finish());
    m_steps.push_back(std::move(step));
    return {};
}

Expected<Piece> Normalizer::apply(Piece in, NormalizerBuffers& buffers, RegexScratch& scratch) const
{
    std::size_t turn = 0;
    for (const auto& step : m_steps) {
        std::string& out = buffers[turn];
        out.clear();
        ES_ASSIGN(in, step->apply(in, out, scratch));
        // A step that took a slice of its input leaves the text where it is: the other buffer stays the free one.
        if (in.text.data() >= out.data() && in.text.data() <= out.data() + out.size() && !out.empty())
            turn = 1 - turn;
    }
    return in;
}

}

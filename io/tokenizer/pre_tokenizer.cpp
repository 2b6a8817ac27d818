// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/pre_tokenizer.h"

#include "io/tokenizer/json_fields.h"
#include "io/tokenizer/split_steps.h"
#include "io/tokenizer/unicode.h"

namespace expertscope::tokenizer {

namespace {

constexpr const char* kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

enum class PrependScheme
{
    First,
    Never,
    Always
};

/// Puts a character before a piece that does not start with it, and one character in place of another.
class MarkStep : public PreTokenizerStep
{
public:
    MarkStep(std::optional<char32_t> replaced, char32_t mark, PrependScheme scheme)
        : m_scheme(scheme)
    {
        appendUtf8(m_mark, mark);
        if (replaced)
            appendUtf8(m_replaced, *replaced);
    }
    bool run(Piece piece, std::string& text, PreTokenizerScratch&, PieceSink& next) const override
    {
        const bool replaces = !m_replaced.empty() && m_replaced != m_mark;
        const bool marked = piece.text.starts_with(m_mark) || (replaces && piece.text.starts_with(m_replaced));
        const bool prepend =
            !marked && (m_scheme == PrependScheme::Always || (m_scheme == PrependScheme::First && piece.origin > 0));
        if (!prepend && (!replaces || piece.text.find(m_replaced) == std::string_view::npos))
            return next.take(piece);
        text.clear();
        std::size_t origin = 0;
        if (prepend)
            text = m_mark;
        for (std::size_t at = 0; at < piece.text.size();) {
            const std::size_t found = replaces ? piece.text.find(m_replaced, at) : std::string_view::npos;
            const std::size_t end = found == std::string_view::npos ? piece.text.size() : found;
            text += piece.text.substr(at, end - at);
            if (at < piece.origin)
                origin = text.size() - (end > piece.origin ? end - piece.origin : 0);
            at = end;
            if (found != std::string_view::npos) {
                text += m_mark;
                at += m_replaced.size();
                if (at <= piece.origin)
                    origin = text.size();
            }
        }
        return next.take({text, origin});
    }

private:
    std::string m_replaced;
    std::string m_mark;
    PrependScheme m_scheme;
};

class StandInStep : public PreTokenizerStep
{
public:
    bool run(Piece piece, std::string& text, PreTokenizerScratch&, PieceSink& next) const override
    {
        text.clear();
        appendStandIns(text, piece.text.substr(0, piece.origin));
        const std::size_t origin = text.size();
        appendStandIns(text, piece.text.substr(piece.origin));
        return next.take({text, origin});
    }
};

Expected<SplitBehavior> behaviorOf(JsonFields& fields)
{
    ES_ASSIGN(const std::size_t which,
        fields.oneOf("behavior", {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"}));
    return static_cast<SplitBehavior>(which);
}

Expected<std::unique_ptr<const PreTokenizerStep>> splitStep(JsonFields& fields)
{
    ES_ASSIGN(const JsonValue* pattern, fields.require("pattern"));
    ES_ASSIGN(const SplitBehavior behavior, behaviorOf(fields));
    ES_ASSIGN(const bool invert, fields.boolean("invert"));
    ES_ASSIGN(JsonFields inner, JsonFields::open(*pattern, fields.place("pattern")));
    std::optional<Regex> regex;
    if (inner.find("String")) {
        ES_ASSIGN(const std::string_view text, inner.string("String"));
        ES_ASSIGN(regex, Regex::literal(text, inner.place("String")));
    } else {
        ES_ASSIGN(const std::string_view text, inner.string("Regex"));
        ES_ASSIGN(regex, Regex::compile(text, inner.place("Regex")));
    }
    ES_TRY(inner.finish());
    return splitAtMatches(std::move(*regex), behavior, invert);
}

}

struct PreTokenizer::Link final : PieceSink
{
    const PreTokenizer& chain;
    std::size_t step;
    PreTokenizerScratch& scratch;
    PieceSink& last;

    Link(const PreTokenizer& c, std::size_t s, PreTokenizerScratch& sc, PieceSink& l)
        : chain(c)
        , step(s)
        , scratch(sc)
        , last(l)
    {
    }
    bool take(Piece piece) override { return piece.text.empty() || chain.feed(step, piece, scratch, last); }
};

bool PreTokenizer::feed(std::size_t step, Piece piece, PreTokenizerScratch& scratch, PieceSink& sink) const
{
    if (step + 1 == m_steps.size())
        return m_steps[step]->run(piece, scratch.texts[step], scratch, sink);
    Link next(*this, step + 1, scratch, sink);
    return m_steps[step]->run(piece, scratch.texts[step], scratch, next);
}

bool PreTokenizer::run(Piece piece, PreTokenizerScratch& scratch, PieceSink& sink) const
{
    if (piece.text.empty())
        return true;
    if (m_steps.empty())
        return sink.take(piece);
    if (scratch.texts.size() < m_steps.size())
        scratch.texts.resize(m_steps.size());
    return feed(0, piece, scratch, sink);
}

Expected<PreTokenizer> PreTokenizer::load(const JsonValue& value, const std::string& place)
{
    PreTokenizer chain;
    if (!value.isNull())
        ES_TRY(chain.add(value, place));
    return chain;
}

void PreTokenizer::push(std::unique_ptr<const PreTokenizerStep> step)
{
    if (m_bytesOut) // something comes behind the ByteLevel and wants to see what it wrote
        m_steps.push_back(std::make_unique<StandInStep>());
    m_bytesOut = false;
    m_steps.push_back(std::move(step));
}

Expected<void> PreTokenizer::add(const JsonValue& value, const std::string& place)
{
    ES_ASSIGN(JsonFields fields, JsonFields::open(value, place));
    ES_ASSIGN(const std::string_view type, fields.string("type"));
    if (type == "Sequence") {
        ES_ASSIGN(const auto items, fields.array("pretokenizers"));
        ES_TRY(fields.finish());
        for (std::size_t i = 0; i < items.size(); ++i)
            ES_TRY(add(items[i], fields.place("pretokenizers[" + std::to_string(i) + "]")));
        return {};
    }
    if (type == "Split") {
        ES_ASSIGN(auto step, splitStep(fields));
        push(std::move(step));
    } else if (type == "ByteLevel") {
        ES_ASSIGN(const bool prefixSpace, fields.boolean("add_prefix_space"));
        ES_TRY(fields.boolean("trim_offsets")); // concerns offsets only
        ES_ASSIGN(const bool useRegex, fields.boolean("use_regex", true));
        if (prefixSpace)
            push(std::make_unique<MarkStep>(std::nullopt, U' ', PrependScheme::Always));
        if (useRegex) {
            ES_ASSIGN(Regex regex, Regex::compile(kGpt2Pattern, place));
            push(splitAtMatches(std::move(regex), SplitBehavior::Isolated, false));
        }
        if (m_bytesOut)
            m_steps.push_back(std::make_unique<StandInStep>());
        m_bytesOut = true;
    } else if (type == "Metaspace") {
        ES_ASSIGN(const char32_t mark, fields.character("replacement"));
        std::size_t scheme = static_cast<std::size_t>(PrependScheme::Always);
        if (fields.find("prepend_scheme")) {
            ES_ASSIGN(scheme, fields.oneOf("prepend_scheme", {"first", "never", "always"}));
        }
        ES_ASSIGN(const bool legacy, fields.boolean("add_prefix_space", true));
        ES_ASSIGN(const bool split, fields.boolean("split", true));
        ES_TRY(fields.optionalString("str_rep")); // what older versions derived from "replacement"
        if (!legacy && scheme != static_cast<std::size_t>(PrependScheme::Never))
            return fail("add_prefix_space does not match prepend_scheme", fields.place());
        push(std::make_unique<MarkStep>(U' ', mark, static_cast<PrependScheme>(scheme)));
        if (split)
            push(splitAtCharacter(mark, SplitBehavior::MergedWithNext));
    } else if (type == "Digits") {
        ES_ASSIGN(const bool individual, fields.boolean("individual_digits"));
        push(splitAtCodePoints(isNumeric, individual ? SplitBehavior::Isolated : SplitBehavior::Contiguous));
    } else if (type == "Punctuation") {
        SplitBehavior behavior = SplitBehavior::Isolated;
        if (fields.find("behavior")) {
            ES_ASSIGN(behavior, behaviorOf(fields));
        }
        push(splitAtCodePoints(isPunctuation, behavior));
    } else if (type == "Whitespace") {
        // Rust's \w, which is a little wider than Oniguruma's
        push(splitAtMatches(Regex::own(R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}]+|)"
                                       R"([^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}\x{9}-\x{D}\x{20}\x{85})"
                                       R"(\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+)"),
            SplitBehavior::Removed, true));
    } else if (type == "WhitespaceSplit") {
        push(splitAtCodePoints(isWhitespace, SplitBehavior::Removed));
    } else if (type == "CharDelimiterSplit") {
        ES_ASSIGN(const char32_t delimiter, fields.character("delimiter"));
        push(splitAtCharacter(delimiter, SplitBehavior::Removed));
    } else if (type == "FixedLength") {
        std::int32_t length = 5;
        if (fields.find("length")) {
            ES_ASSIGN(length, fields.count("length"));
        }
        if (length == 0)
            return fail("is 0", fields.place("length"));
        push(splitByLength(static_cast<std::size_t>(length)));
    } else {
        return fail("pre-tokenizer " + inQuotes(type) + " is not supported", fields.place("type"));
    }
    return fields.finish();
}

}

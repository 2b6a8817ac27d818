// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/split_steps.h"

#include "io/tokenizer/unicode.h"

namespace expertscope::tokenizer {

namespace {

/// Turns a run of alternating gaps and matches, told in order and covering the piece, into the pieces the behaviour
/// asks for.
class Splitter
{
public:
    Splitter(Piece piece, SplitBehavior behavior, bool invert, PieceSink& next)
        : m_piece(piece)
        , m_next(next)
        , m_behavior(behavior)
        , m_invert(invert)
    {
    }

    bool match(Match m)
    {
        if (m_done < m.begin && !event({m_done, m.begin}, m_invert))
            return false;
        m_done = m.end;
        return event(m, !m_invert);
    }

    bool finish()
    {
        if (m_done < m_piece.text.size() && !event({m_done, m_piece.text.size()}, m_invert))
            return false;
        return !m_pending || emit(*m_pending);
    }

private:
    bool emit(Match range) { return range.begin == range.end || m_next.take(m_piece.slice(range.begin, range.end)); }

    /// Keeps one range back: the next may belong to it.
    bool replacePending(Match range)
    {
        const bool ok = !m_pending || emit(*m_pending);
        m_pending = range;
        return ok;
    }

    bool event(Match range, bool isMatch)
    {
        const bool wasMatch = std::exchange(m_wasMatch, isMatch);
        switch (m_behavior) {
        case SplitBehavior::Isolated:
            return emit(range);
        case SplitBehavior::Removed:
            return isMatch || emit(range);
        case SplitBehavior::Contiguous:
            if (isMatch == wasMatch && m_pending) {
                m_pending->end = range.end;
                return true;
            }
            return replacePending(range);
        case SplitBehavior::MergedWithPrevious:
            if (isMatch && !wasMatch && m_pending) {
                m_pending->end = range.end;
                return true;
            }
            return replacePending(range);
        case SplitBehavior::MergedWithNext:
            if (!isMatch && m_pending) {
                const Match merged{m_pending->begin, range.end};
                m_pending.reset();
                return emit(merged);
            }
            if (!isMatch)
                return emit(range);
            return replacePending(range);
        }
        return true;
    }

    Piece m_piece;
    PieceSink& m_next;
    SplitBehavior m_behavior;
    bool m_invert;
    bool m_wasMatch = false;
    std::size_t m_done = 0;
    std::optional<Match> m_pending;
};

class RegexSplit : public PreTokenizerStep
{
public:
    RegexSplit(Regex regex, SplitBehavior behavior, bool invert)
        : m_regex(std::move(regex))
        , m_behavior(behavior)
        , m_invert(invert)
    {
    }
    bool run(Piece piece, std::string&, PreTokenizerScratch& scratch, PieceSink& next) const override
    {
        Splitter splitter(piece, m_behavior, m_invert, next);
        for (MatchIterator matches(m_regex, piece.text, scratch.regex);;) {
            auto match = matches.next();
            if (!match) {
                scratch.error = std::move(match).error();
                return false;
            }
            if (!*match)
                return splitter.finish();
            if (!splitter.match(**match))
                return false;
        }
    }

private:
    Regex m_regex;
    SplitBehavior m_behavior;
    bool m_invert;
};

template <class Test> class CodePointSplit : public PreTokenizerStep
{
public:
    CodePointSplit(Test test, SplitBehavior behavior)
        : m_test(test)
        , m_behavior(behavior)
    {
    }
    bool run(Piece piece, std::string&, PreTokenizerScratch&, PieceSink& next) const override
    {
        Splitter splitter(piece, m_behavior, false, next);
        for (std::size_t at = 0; at < piece.text.size();) {
            const std::size_t begin = at;
            if (m_test(nextCodePoint(piece.text, at)) && !splitter.match({begin, at}))
                return false;
        }
        return splitter.finish();
    }

private:
    Test m_test;
    SplitBehavior m_behavior;
};

class LengthSplit : public PreTokenizerStep
{
public:
    explicit LengthSplit(std::size_t length)
        : m_length(length)
    {
    }
    bool run(Piece piece, std::string&, PreTokenizerScratch&, PieceSink& next) const override
    {
        for (std::size_t at = 0; at < piece.text.size();) {
            const std::size_t begin = at;
            for (std::size_t i = 0; i < m_length && at < piece.text.size(); ++i)
                nextCodePoint(piece.text, at);
            if (!next.take(piece.slice(begin, at)))
                return false;
        }
        return true;
    }

private:
    std::size_t m_length;
};

}

std::unique_ptr<const PreTokenizerStep> splitAtMatches(Regex regex, SplitBehavior behavior, bool invert)
{
    return std::make_unique<RegexSplit>(std::move(regex), behavior, invert);
}

std::unique_ptr<const PreTokenizerStep> splitAtCodePoints(CodePointTest test, SplitBehavior behavior)
{
    return std::make_unique<CodePointSplit<CodePointTest>>(test, behavior);
}

std::unique_ptr<const PreTokenizerStep> splitAtCharacter(char32_t character, SplitBehavior behavior)
{
    const auto test = [character](char32_t c) { return c == character; };
    return std::make_unique<CodePointSplit<decltype(test)>>(test, behavior);
}

std::unique_ptr<const PreTokenizerStep> splitByLength(std::size_t length)
{
    return std::make_unique<LengthSplit>(length);
}

}

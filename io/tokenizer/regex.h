// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace expertscope::tokenizer {

/// What a thread needs to match: reused for every pattern and every text.
class RegexScratch
{
public:
    RegexScratch();
    ~RegexScratch();
    RegexScratch(const RegexScratch&) = delete;
    RegexScratch& operator=(const RegexScratch&) = delete;

private:
    friend class Regex;
    struct Private;
    std::unique_ptr<Private> d;
};

struct Match
{
    std::size_t begin;
    std::size_t end;
};

/// A compiled pattern (PCRE2, JIT where there is one), safe to share between threads.
class Regex
{
public:
    /// A pattern in the reference library's syntax; `place` is the error's.
    static Expected<Regex> compile(std::string_view pattern, const std::string& place);
    /// Finds just this text.
    static Expected<Regex> literal(std::string_view text, const std::string& place);
    /// A pattern of ours, in PCRE2's own syntax.
    static Regex own(const char* pattern);

    /// First match at or behind `from`. Lookbehind sees what stands before. Fails when a match takes too many steps.
    Expected<std::optional<Match>> find(std::string_view text, std::size_t from, RegexScratch& scratch) const;

private:
    static Expected<Regex> build(std::string_view pattern, unsigned options, const std::string& place);
    struct Code;
    std::shared_ptr<const Code> m_code;
};

/// Of PCRE2's tables: "14.0.0".
std::string regexUnicodeVersion();

/// All matches in order, an empty one never right behind another match: the reference's iteration.
class MatchIterator
{
public:
    MatchIterator(const Regex& regex, std::string_view text, RegexScratch& scratch)
        : m_regex(regex)
        , m_text(text)
        , m_scratch(scratch)
    {
    }
    Expected<std::optional<Match>> next();

private:
    const Regex& m_regex;
    std::string_view m_text;
    RegexScratch& m_scratch;
    std::size_t m_from = 0;
    std::optional<std::size_t> m_lastEnd;
};

}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/regex.h"

#include "io/tokenizer/regex_syntax.h"

#include <cstdlib>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace expertscope::tokenizer {

namespace {

// A pattern may backtrack a lot on a long run of spaces; one that needs more than this is hostile.
constexpr std::uint32_t kMatchLimit = 20'000'000;
constexpr std::size_t kJitStackBytes = std::size_t(8) << 20;
constexpr std::size_t kMaxPatternBytes = std::size_t(1) << 16;

std::string pcreMessage(int code)
{
    char buffer[256] = {};
    pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(buffer), sizeof buffer);
    return buffer;
}

}

struct RegexScratch::Private
{
    pcre2_match_data* match = pcre2_match_data_create(1, nullptr);
    pcre2_match_context* context = pcre2_match_context_create(nullptr);
    pcre2_jit_stack* stack = pcre2_jit_stack_create(std::size_t(32) << 10, kJitStackBytes, nullptr);
};

RegexScratch::RegexScratch()
    : d(std::make_unique<Private>())
{
    if (!d->match || !d->context)
        std::abort(); // out of memory for a few hundred bytes
    pcre2_set_match_limit(d->context, kMatchLimit);
    pcre2_set_heap_limit(d->context, 256 << 10); // KiB, for systems without a JIT
    pcre2_jit_stack_assign(d->context, nullptr, d->stack);
}

RegexScratch::~RegexScratch()
{
    pcre2_jit_stack_free(d->stack);
    pcre2_match_context_free(d->context);
    pcre2_match_data_free(d->match);
}

struct Regex::Code
{
    explicit Code(pcre2_code* c)
        : code(c)
    {
    }
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;
    ~Code() { pcre2_code_free(code); }
    pcre2_code* code;
    bool jit = false;
};

Expected<Regex> Regex::build(std::string_view pattern, unsigned options, const std::string& place)
{
    if (pattern.size() > kMaxPatternBytes)
        return fail("pattern longer than " + std::to_string(kMaxPatternBytes) + " bytes", place);
    std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
        pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context.get(), 100);
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* compiled = pcre2_compile(
        reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &code, &offset, context.get());
    if (!compiled)
        return fail("pattern: " + pcreMessage(code), place);
    Regex regex;
    auto owned = std::make_shared<Code>(compiled);
    owned->jit = pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE) == 0;
    regex.m_code = std::move(owned);
    return regex;
}

Expected<Regex> Regex::compile(std::string_view pattern, const std::string& place)
{
    if (pattern.size() > kMaxPatternBytes)
        return fail("pattern longer than " + std::to_string(kMaxPatternBytes) + " bytes", place);
    auto translated = pcreSyntax(pattern);
    if (!translated) {
        translated.error().where = place;
        return tl::unexpected(std::move(translated).error());
    }
    return build(*translated, PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK, place);
}

Expected<Regex> Regex::literal(std::string_view text, const std::string& place)
{
    return build(text, PCRE2_UTF | PCRE2_LITERAL | PCRE2_NO_UTF_CHECK, place);
}

Regex Regex::own(const char* pattern)
{
    auto regex = build(pattern, PCRE2_UTF | PCRE2_UCP, "own pattern");
    if (!regex)
        std::abort(); // a bug: ours are fixed
    return std::move(*regex);
}

Expected<std::optional<Match>> Regex::find(std::string_view text, std::size_t from, RegexScratch& scratch) const
{
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data() ? text.data() : "");
    auto& s = *scratch.d;
    const int found = m_code->jit
        ? pcre2_jit_match(m_code->code, subject, text.size(), from, 0, s.match, s.context)
        : pcre2_match(m_code->code, subject, text.size(), from, PCRE2_NO_UTF_CHECK, s.match, s.context);
    if (found == PCRE2_ERROR_NOMATCH)
        return std::nullopt;
    if (found < 0)
        return fail("the tokenizer's pattern gives up: " + pcreMessage(found), "text");
    const PCRE2_SIZE* at = pcre2_get_ovector_pointer(s.match);
    return Match{at[0], at[1]};
}

std::string regexUnicodeVersion()
{
    char version[24] = {}; // what pcre2_config says it needs at most
    pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, version);
    return version;
}

Expected<std::optional<Match>> MatchIterator::next()
{
    while (m_from <= m_text.size()) {
        ES_ASSIGN(const std::optional<Match> match, m_regex.find(m_text, m_from, m_scratch));
        if (!match)
            break;
        if (match->begin == match->end && m_lastEnd == match->end) {
            ++m_from;
            while (m_from < m_text.size() && (static_cast<unsigned char>(m_text[m_from]) & 0xC0) == 0x80)
                ++m_from;
            continue;
        }
        m_from = match->end;
        m_lastEnd = match->end;
        return match;
    }
    m_from = m_text.size() + 1;
    return std::nullopt;
}

}

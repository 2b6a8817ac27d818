// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/added_tokens.h"

#include "io/tokenizer/json_fields.h"
#include "io/tokenizer/unicode.h"

#include <algorithm>

namespace expertscope::tokenizer {

namespace {

unsigned char byteAt(std::string_view text, std::size_t i)
{
    return static_cast<unsigned char>(text[i]);
}

Expected<AddedToken> tokenOf(const JsonValue& value, const std::string& place)
{
    ES_ASSIGN(JsonFields fields, JsonFields::open(value, place));
    AddedToken token;
    ES_ASSIGN(token.id, fields.count("id"));
    ES_ASSIGN(token.content, fields.string("content"));
    ES_ASSIGN(token.singleWord, fields.boolean("single_word"));
    ES_ASSIGN(token.stripsLeft, fields.boolean("lstrip"));
    ES_ASSIGN(token.stripsRight, fields.boolean("rstrip"));
    ES_ASSIGN(token.normalized, fields.boolean("normalized"));
    ES_ASSIGN(token.special, fields.boolean("special"));
    ES_TRY(fields.finish());
    if (token.content.size() > AddedTokens::kMaxContentBytes)
        return fail("longer than " + std::to_string(AddedTokens::kMaxContentBytes) + " bytes", fields.place("content"));
    return token;
}

}

bool TextFinder::add(std::string_view text, std::uint32_t value)
{
    const unsigned char first = byteAt(text, 0);
    m_onlyFirst = isEmpty() ? first : m_onlyFirst == first ? first : -1;
    m_first.set(first);
    if (text.size() == 1)
        m_alone.set(first);
    else
        m_firstTwo[std::size_t(first) << 8 | byteAt(text, 1)] = true;
    std::uint32_t node = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (const std::uint32_t* next = m_edges.find(node, byteAt(text, i))) {
            node = *next;
            continue;
        }
        m_edges.put(node, byteAt(text, i), m_nodes);
        m_values.push_back(UINT32_MAX);
        node = m_nodes++;
    }
    return std::exchange(m_values[node], value) == UINT32_MAX;
}

TextFinder::Found TextFinder::find(std::string_view text, std::size_t from) const
{
    for (std::size_t at = from; at < text.size(); ++at) {
        if (m_onlyFirst >= 0) {
            at = text.find(static_cast<char>(m_onlyFirst), at);
            if (at == std::string_view::npos)
                break;
        }
        const unsigned char first = byteAt(text, at);
        if (!m_first[first])
            continue;
        const bool two = at + 1 < text.size() && m_firstTwo[std::size_t(first) << 8 | byteAt(text, at + 1)];
        if (!two && !m_alone[first])
            continue;
        Found longest{at, at, UINT32_MAX};
        std::uint32_t node = 0;
        for (std::size_t end = at; end < text.size();) {
            const std::uint32_t* next = m_edges.find(node, byteAt(text, end));
            if (!next)
                break;
            node = *next;
            ++end;
            if (m_values[node] != UINT32_MAX)
                longest = {at, end, m_values[node]};
        }
        if (longest.value != UINT32_MAX)
            return longest;
    }
    return {std::string_view::npos, std::string_view::npos, UINT32_MAX};
}

Expected<AddedTokens> AddedTokens::load(const JsonValue& value, const std::string& place, const StringIds& vocabulary)
{
    if (value.kind() != JsonValue::Kind::Array)
        return wrongKind("an array", value, place);
    AddedTokens added;
    for (std::size_t i = 0; i < value.items().size(); ++i) {
        const std::string here = place + "[" + std::to_string(i) + "]";
        ES_ASSIGN(const AddedToken token, tokenOf(value.items()[i], here));
        const std::int32_t given = added.add(token, vocabulary);
        if (given != token.id && given >= 0)
            return fail("id " + std::to_string(token.id) + " of " + inQuotes(token.content)
                    + " disagrees with the vocabulary, which makes it " + std::to_string(given),
                here + ".id");
    }
    return added;
}

std::int32_t AddedTokens::add(AddedToken token, const StringIds& vocabulary)
{
    if (token.content.empty())
        return -1;
    if (const auto earlier = m_byContent.find(token.content); earlier != m_byContent.end()) {
        AddedToken& there = m_tokens[earlier->second];
        token.id = there.id;
        there = std::move(token); // the last one counts
        return there.id;
    }
    token.id = vocabulary.find(token.content);
    if (token.id < 0)
        token.id = static_cast<std::int32_t>(
            std::max<std::int64_t>(static_cast<std::int64_t>(vocabulary.size()), largestId() + std::int64_t(1)));
    m_byContent.emplace(token.content, m_tokens.size());
    m_byId.emplace(token.id, m_tokens.size());
    m_tokens.push_back(std::move(token));
    return m_tokens.back().id;
}

Expected<void> AddedTokens::finish(const Normalizer& normalizer, bool splitsSpecial, const std::string& place)
{
    m_splitsSpecial = splitsSpecial;
    NormalizerBuffers buffers;
    RegexScratch scratch;
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        const AddedToken& token = m_tokens[i];
        Piece content{token.content, 0};
        if (token.normalized) {
            ES_ASSIGN(content, normalizer.apply(content, buffers, scratch));
        }
        if (content.text.empty())
            continue; // it can never be found
        if (content.text.size() > 4 * kMaxContentBytes)
            return fail("normalises to something too long: " + inQuotes(token.content), place);
        if (!m_finders[token.normalized ? 1 : 0].add(content.text, static_cast<std::uint32_t>(i)))
            return fail("another token normalises to the same as " + inQuotes(token.content), place);
    }
    if (std::ranges::any_of(m_tokens, [](const AddedToken& token) { return token.singleWord; }))
        m_word = Regex::own(R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}])"); // Rust's \w
    return {};
}

Expected<bool> AddedTokens::standsAlone(
    std::string_view text, std::size_t begin, std::size_t end, RegexScratch& scratch) const
{
    const auto isWordCharacter = [&](char32_t c) {
        std::string one;
        appendUtf8(one, c);
        return m_word->find(one, 0, scratch);
    };
    if (begin > 0) {
        ES_ASSIGN(const auto before, isWordCharacter(lastCodePoint(text, begin)));
        if (before)
            return false;
    }
    if (end < text.size()) {
        std::size_t at = end;
        ES_ASSIGN(const auto behind, isWordCharacter(nextCodePoint(text, at)));
        if (behind)
            return false;
    }
    return true;
}

Expected<void> AddedTokens::split(
    std::string_view text, Pass pass, std::vector<Part>& parts, RegexScratch& scratch) const
{
    parts.clear();
    const TextFinder& finder = this->finder(pass);
    std::size_t done = 0;
    for (std::size_t from = 0; !finder.isEmpty();) {
        const TextFinder::Found found = finder.find(text, from);
        if (found.begin == std::string_view::npos)
            break;
        from = found.end;
        const AddedToken& token = m_tokens[found.value];
        std::size_t begin = found.begin;
        std::size_t end = found.end;
        if (token.special && m_splitsSpecial)
            continue;
        if (token.singleWord) {
            ES_ASSIGN(const bool alone, standsAlone(text, begin, end, scratch));
            if (!alone)
                continue;
        }
        if (token.stripsLeft) {
            while (begin > 0 && isWhitespace(lastCodePoint(text, begin)))
                for (--begin; (byteAt(text, begin) & 0xC0) == 0x80;)
                    --begin;
            begin = std::max(begin, done);
        }
        while (token.stripsRight && end < text.size()) {
            std::size_t behind = end;
            if (!isWhitespace(nextCodePoint(text, behind)))
                break;
            end = behind;
        }
        if (done < begin)
            parts.push_back({done, begin, -1});
        parts.push_back({begin, end, token.id});
        done = end;
    }
    if (done != text.size())
        parts.push_back({done, text.size(), -1});
    return {};
}

const AddedToken* AddedTokens::token(std::int32_t id) const
{
    const auto at = m_byId.find(id);
    return at == m_byId.end() ? nullptr : &m_tokens[at->second];
}

}

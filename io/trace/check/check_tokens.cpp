// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/check/check_tokens.h"

#include "io/trace/check/piecewise.h"
#include "io/trace/trace_columns.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::uint64_t kOften = 1 << 20; ///< tokens between questions whether to go on
constexpr std::uint64_t kMostVocabulary = 4 << 20; ///< entries that are held to look ids up

/// Where the tokens stand, one after the other, by the lengths of the sequences alone.
class TokenWalk
{
public:
    explicit TokenWalk(const CheckedTrace& trace)
        : m_length(Piecewise::open(trace, "sequences/length", trace.summary.numSequences))
        , m_prompt(Piecewise::open(trace, "sequences/prompt_length", trace.summary.numSequences))
    {
    }

    /// To the next token; false where the sequences end, or make no sense.
    bool next()
    {
        ++m_position;
        while (m_position >= m_tokens) {
            if (!m_length || !m_prompt || !m_length->next(m_tokens) || !m_prompt->next(m_given))
                return false;
            ++m_sequence;
            m_position = 0;
        }
        return true;
    }

    std::int64_t sequence() const { return m_sequence; }
    std::int64_t position() const { return m_position; }
    /// 1: given, 2: generated.
    std::int64_t phase() const { return m_position < m_given ? 1 : 2; }

private:
    std::optional<Piecewise> m_length, m_prompt;
    std::int64_t m_sequence = -1, m_position = -1, m_tokens = 0, m_given = 0;
};

/// A column that must be what the sequences say.
struct Derived
{
    const char* path;
    const char* what;
    std::int64_t (TokenWalk::*expected)() const;
    bool zeroIsUnknown = false;
    std::optional<Piecewise> column = {};
};

Expected<void> checkAgainstSequences(const CheckedTrace& m)
{
    const auto T = m.summary.numTokens;
    Derived columns[] = {
        {"tokens/sequence", "names another sequence than offsets and lengths do", &TokenWalk::sequence},
        {"tokens/position", "is another position than the sequences say", &TokenWalk::position},
        {"tokens/phase", "contradicts prompt_length", &TokenWalk::phase, true}};
    for (Derived& derived : columns)
        derived.column = Piecewise::openIfThere(m, derived.path, T);
    TokenWalk walk(m);
    const auto any = [&] { return std::ranges::any_of(columns, [](const Derived& d) { return d.column.has_value(); }); };
    for (std::uint64_t t = 0; t < T && any() && walk.next(); ++t) {
        for (Derived& derived : columns) {
            std::int64_t value = 0;
            if (derived.column && !derived.column->next(value))
                derived.column.reset();
            const std::int64_t expected = (walk.*derived.expected)();
            if (derived.column && value != expected && !(derived.zeroIsUnknown && value == 0))
                m.findings.add(derived.path, derived.what, [&] {
                    return "token " + std::to_string(t) + ": " + std::to_string(value) + ", not "
                        + std::to_string(expected);
                });
        }
        if (t % kOften == 0 && !m.goOn(0.5 * static_cast<double>(t) / static_cast<double>(T)))
            return checkCancelled(m);
    }
    return {};
}

std::vector<std::int64_t> vocabularyOf(const CheckedTrace& m)
{
    std::vector<std::int64_t> ids;
    auto column = Piecewise::openIfThere(m, "vocab/id", NumericDataset::kAnyLength);
    std::int64_t id = 0;
    while (column && column->size() <= kMostVocabulary && column->next(id))
        ids.push_back(id);
    if (!std::ranges::is_sorted(ids)) // which is a finding of its own
        ids.clear();
    return ids;
}

/// Ids of tokens. `vocabulary`: of those that must be in it, empty: unknown.
Expected<void> checkIds(
    const CheckedTrace& m, const std::string& path, bool mayLag, const std::vector<std::int64_t>& vocabulary)
{
    const auto T = m.summary.numTokens;
    auto ids = Piecewise::openIfThere(m, path, T);
    if (ids && mayLag)
        ids->fillGaps();
    std::int64_t id = 0, known = -1;
    for (std::uint64_t t = 0; ids && t < T && ids->next(id); ++t) {
        const auto place = [&] { return "token " + std::to_string(t) + ": " + std::to_string(id); };
        if (id < -1 || id > 0x7fffffff)
            m.findings.add(path, "an id is out of range", place);
        else if (id >= 0 && id != known && !vocabulary.empty()) {
            if (std::ranges::binary_search(vocabulary, id))
                known = id;
            else
                m.findings.add(path, "an id is not in vocab/id", place);
        }
        if (t % kOften == 0 && !m.goOn(0.5))
            return checkCancelled(m);
    }
    return {};
}

Expected<void> checkLoss(const CheckedTrace& m)
{
    if (!m.summary.columns.loss)
        return {};
    const auto column = openColumn(m.trace, m.summary, Column::Loss);
    if (!m.good(column))
        return {};
    std::vector<float> loss;
    for (std::uint64_t first = 0; first < m.summary.numTokens; first += kChunkTokens) {
        loss.resize(std::min<std::uint64_t>(kChunkTokens, m.summary.numTokens - first));
        if (!m.good(column->read(first, loss.size(), 0, loss.data())))
            continue;
        for (std::size_t i = 0; i < loss.size(); ++i) {
            if (loss[i] < 0 || std::isinf(loss[i]))
                m.findings.add("tokens/loss", "is below zero or infinite",
                    [&] { return "token " + std::to_string(first + i) + ": " + std::to_string(loss[i]); });
        }
    }
    return {};
}

}

Expected<void> checkTokens(const CheckedTrace& trace)
{
    ES_TRY(checkAgainstSequences(trace));
    ES_TRY(checkIds(trace, "tokens/token_id", false, vocabularyOf(trace)));
    ES_TRY(checkIds(trace, "tokens/predicted_id", !trace.summary.complete, {}));
    return checkLoss(trace);
}

}

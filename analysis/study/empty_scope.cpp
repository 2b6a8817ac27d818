// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/empty_scope.h"

#include "analysis/spine/selection.h"
#include "analysis/study/condition.h"
#include "io/base/grouped.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

namespace {

std::string sequencesText(std::size_t count)
{
    return grouped(count) + (count == 1 ? " sequence" : " sequences");
}

/// Looks for the first condition after which nothing is left.
class Search
{
public:
    explicit Search(const RoutingShape& shape)
        : m_shape(shape)
        , m_left(shape.sequences.size())
    {
    }

    Expected<void> add(const LabelFilter& filter, bool keep)
    {
        const std::size_t before = m_left;
        (keep ? m_options.where : m_options.without).push_back(filter);
        const std::string text = conditionText(filter, keep);
        ES_ASSIGN(const auto selected, selectSequences(m_shape, m_options));
        m_left = selected.size();
        if (m_left == 0)
            return fail("no token is left: none of the " + sequencesText(before) + with() + " has " + text, {}, hint(filter, keep));
        addPart(m_conditions, text, " and ");
        m_kept.push_back({filter, keep});
        return {};
    }

    Expected<void> take(Phase phase)
    {
        if (phase == Phase::All)
            return {};
        const std::size_t before = m_left;
        m_options.phase = phase;
        ES_ASSIGN(const auto selected, selectSequences(m_shape, m_options));
        m_left = selected.size();
        if (m_left > 0)
            return {};
        const std::string tokens = "no token is left: all tokens of the " + sequencesText(before) + with() + " were ";
        return fail(tokens
            + (phase == Phase::Decode ? "given as prompts, none was generated" : "generated, none was given as a prompt"));
    }

    Expected<void> skip(std::uint32_t first)
    {
        std::uint32_t longest = 0;
        ES_ASSIGN(const auto selected, selectSequences(m_shape, m_options));
        for (const SequenceIndex s : selected)
            longest = std::max(longest, keptPositions(m_shape.sequences[std::size_t(s)], m_options).length());
        if (longest <= first)
            return fail("no token is left: the longest of the " + sequencesText(m_left) + with() + " has "
                + grouped(longest) + " tokens, and the first " + grouped(first) + " of each are left out");
        return {};
    }

private:
    std::string with() const { return m_conditions.empty() ? "" : " with " + m_conditions; }

    /// Two values of one label were probably meant as either of them.
    std::string hint(const LabelFilter& filter, bool keep) const
    {
        const auto same = std::ranges::find_if(
            m_kept, [&](const Condition& c) { return c.keep && c.filter.label == filter.label; });
        if (!keep || same == m_kept.end())
            return {};
        LabelFilter either = same->filter;
        either.alternatives.push_back(filter.value);
        either.alternatives.insert(either.alternatives.end(), filter.alternatives.begin(), filter.alternatives.end());
        return conditionText(either) + " takes either";
    }

    const RoutingShape& m_shape;
    PassOptions m_options; ///< the conditions so far
    std::vector<Condition> m_kept;
    std::string m_conditions;
    std::size_t m_left = 0; ///< sequences
};

bool leavesTokens(const RoutingShape& shape, const PassOptions& pass, const std::vector<SequenceIndex>& sequences)
{
    if (!pass.tokens)
        return !sequences.empty();
    return std::ranges::any_of(sequences, [&](SequenceIndex s) {
        const Sequence& sequence = shape.sequences[std::size_t(s)];
        const PositionRange kept = keptPositions(sequence, pass);
        const TokenIndex begin(sequence.begin.value + kept.begin), end(sequence.begin.value + kept.end);
        return pass.tokens->next(begin, end) < end;
    });
}

}

Expected<void> checkLeavesTokens(const RoutingShape& shape, const Scope& scope, const PassOptions& pass)
{
    ES_ASSIGN(const auto sequences, selectSequences(shape, pass));
    if (leavesTokens(shape, pass, sequences))
        return {};
    if (shape.numTokens == 0)
        return fail("the trace holds no tokens");
    Search search(shape);
    for (const LabelFilter& filter : scope.where)
        ES_TRY(search.add(filter, true));
    for (const LabelFilter& filter : scope.without)
        ES_TRY(search.add(filter, false));
    ES_TRY(search.take(scope.phase));
    ES_TRY(search.skip(scope.skipFirst));
    // What is left are tokens picked out of sequences: by the experts they chose, or by their place.
    return fail("no token is left of " + describeTokens(scope, shape));
}

}

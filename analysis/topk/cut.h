// SPDX-License-Identifier: GPL-3.0-or-later
//
// Fewer experts a token: which of those that it chose stay.
#pragma once

#include "io/trace/routing.h"

#include <optional>

namespace expertscope::topk {

/// A rule that takes experts from tokens.
struct Cut
{
    enum class By : std::uint8_t
    {
        None, ///< as recorded
        Keep, ///< the first `amount` slots: what the router would have chosen with that k
        Share, ///< the fewest that hold `amount` of the sum of the token's weights, the largest weights first
        Probability ///< the fewest that hold `amount` of the router's probability over all experts; all where they do not
    };
    By by = By::None;
    double amount = 0; ///< Keep: whole, from 1 on; else in (0, 1]

    bool operator==(const Cut&) const = default;
};

/// "keep", "share", "probability"; "none".
std::string nameOf(Cut::By by);
/// What has to be read beside the choices.
Columns neededBy(Cut::By by);

/// The chosen experts of one token at one site, and what each is worth.
class CutToken
{
public:
    /// `columns`: which of weights and logits the block holds and are looked at.
    void read(const Site& site, const Block& block, std::size_t token, Columns columns);

    std::size_t chosen() const { return m_chosen; } ///< filled slots
    /// Worth is known: finite, not negative and not all 0. Tokens without are cut by Keep alone.
    bool weighed() const { return m_weightSum.has_value(); }
    bool scored() const { return m_scored; }

    /// Slots that stay are 1, the others and those without an expert 0. Ties of worth: the higher rank first.
    const std::vector<std::uint8_t>& kept(const Cut& cut);
    std::size_t keptCount() const { return m_keptCount; } ///< of the last kept()
    double lostWeight() const; ///< of the last kept(): weights of what goes / of all; only if weighed()
    double lostProbability() const; ///< of the last kept(): of what goes; only if scored()

private:
    void keepFewest(const std::vector<double>& worth, double wanted);

    std::size_t m_chosen = 0, m_keptCount = 0;
    std::vector<std::uint8_t> m_filled, m_kept; ///< [K]
    std::vector<double> m_weight, m_probability; ///< [K] 0 where no expert
    std::vector<double> m_p; ///< [E]
    std::vector<std::size_t> m_order;
    std::optional<double> m_weightSum;
    bool m_scored = false;
};

}

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Planted structure: routing whose metrics are known beforehand, to see whether an analysis finds them.
//
// E experts, k slots, D values of the label `domain`. Sites differ only by a fixed permutation of the experts; what
// follows speaks of canonical experts 0 … E-1, of which canonical expert c is expertAt(site, c) at a site.
//
//   ids       n E token ids, all alike likely. Id x has an expert of its own, x mod E. The ids below b E always choose
//             it; any other id chooses it with probability s (`preference`).
//   domains   domain d has the favourites d F … (d+1) F - 1. What is not chosen by an id's preference is a favourite
//             with probability f, any of the F alike, and else any of the E. f is such that a token takes a favourite
//             for its domain's sake with probability g (`favour`): f = g / (1 - w), w = b/n + (1 - b/n) s.
//   sites     the first choice at a site is, with probability a (`affinity`), that of the site before (as a canonical
//             expert), else drawn anew.
//   slots     the other k - 1 slots hold any of the other experts, at random.
//   repeats   a token but a sequence's first repeats the one before, id and all choices, with probability r.
//
// Then, with p+ = (1-g)/E + g/F, p- = (1-g)/E and P(p) = p + (1-p) (k-1)/(E-1):
//
//   specialisation_top1.share   p+ of the domain's favourites, p- of all others
//   specialisation.share        P(p+), P(p-)
//   repetition.first            r + (1-r) (1/E + g^2 (1/F - 1/E))
//   repetition.overlap          r + (1-r) (F P(p+)^2 + (E-F) P(p-)^2) / k
//   vocabulary.specialisation   b/n + (1-b/n) (s + (1-s)/E), of ids seen often enough (1 of an always-id exactly)
//   vocabulary.normalised       w
//   affinity.top1_row_max       with q+ = f/F + (1-f)/E, q- = (1-f)/E, over the experts i, q_d one of them:
//                               mean of [b/n /E + (1-b/n)(a m + (1-a) v)] / [b/n /E + (1-b/n) m],
//                               m = s/E + (1-s) mean_d q_d,
//                               v = mean_d (s + (1-s) q_d)^2 /E + (1-1/E) mean_d ((1-s) q_d)^2;
//                               with D F = E: b/n + (1-b/n) [a + (1-a) (s^2 + 2 s (1-s)/E + (1-s)^2 (1+(D-1) f^2)/E)]
#pragma once

#include "io/synth/generator.h"

#include <memory>

namespace expertscope {

struct PlantedParameters
{
    std::uint64_t sequences = 256; ///< a multiple of `domains`
    std::uint32_t length = 512;
    std::uint16_t sites = 4, experts = 64, topK = 8;
    std::uint32_t domains = 4; ///< D
    std::uint16_t favourites = 0; ///< F; 0: E / D. D F <= E
    double favour = 0.3; ///< g
    std::uint32_t idsPerExpert = 8; ///< n
    std::uint32_t alwaysIds = 2; ///< b, of the n
    double preference = 0.4; ///< s
    double repeat = 0.3; ///< r, below 1
    double affinity = 0.4; ///< a
    std::uint64_t seed = 1;
};

class PlantedGenerator final : public CellGenerator
{
public:
    /// An error where `parameters` contradict one another.
    static Expected<std::unique_ptr<PlantedGenerator>> create(const PlantedParameters& parameters);

    void tokenIds(TokenIndex first, std::span<std::int32_t> ids) const override;
    void fill(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) const override;
    double redundancy() const override;
    /// The closed forms. Those of the vocabulary and of affinity are left out where the planted expert would not stand
    /// out of the others: there the metrics take the largest of noise.
    std::vector<Expectation> expectations() const override;

    const PlantedParameters& parameters() const { return m_parameters; }
    /// The expert that stands at `site` for canonical expert `canonical`.
    std::uint16_t expertAt(SiteIndex site, std::size_t canonical) const
    {
        return m_names[std::size_t(site) * m_parameters.experts + canonical];
    }

private:
    PlantedGenerator(const PlantedParameters& parameters, RoutingShape shape);
    bool repeats(std::uint64_t token) const;
    std::uint64_t original(std::uint64_t token) const;
    std::uint32_t idOf(std::uint64_t token) const;
    std::size_t firstChoice(std::uint64_t token, std::size_t site) const;

    const PlantedParameters m_parameters; ///< favourites filled in
    double m_own = 0; ///< w: probability that a token id decides
    double m_favourite = 0; ///< f
    std::uint64_t m_idKey, m_repeatKey, m_linkKey, m_choiceKey, m_restKey;
    std::vector<std::uint16_t> m_names; ///< [sites, E]
};

}

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Uniform routing, fast: every token chooses k of E experts at random at every site, whatever came before. Token ids
// follow Zipf's law and know nothing of the routing; nor do the labels.
#include "io/synth/kinds.h"
#include "io/synth/subset.h"
#include "io/synth/trace_size.h"
#include "io/synth/zipf.h"

namespace expertscope {

namespace {

class UniformGenerator final : public CellGenerator
{
public:
    UniformGenerator(RoutingShape shape, std::uint32_t vocabulary, double zipf, std::uint64_t seed)
        : CellGenerator(std::move(shape))
        , m_ids(vocabulary, zipf)
        , m_cellKey(streamKey(seed, 1))
        , m_idKey(streamKey(seed, 2))
    {
    }

    void tokenIds(TokenIndex first, std::span<std::int32_t> ids) const override
    {
        for (std::size_t i = 0; i < ids.size(); ++i)
            ids[i] = static_cast<std::int32_t>(m_ids(splitmix64(m_idKey + first.value + i)));
    }

    void fill(SiteIndex site, TokenRange range, Columns, BlockBuffer& buffer) const override
    {
        const std::size_t k = shape().numSlots, n = range.size(), sites = shape().sites.size();
        SubsetSampler sampler(shape().numExperts, shape().numSlots);
        buffer.expertIds.resize(n * k);
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint64_t cell = (range.begin.value + i) * sites + site.value;
            sampler.draw(m_cellKey + cell, 0, std::span(buffer.expertIds).subspan(i * k, k));
        }
    }

private:
    const ZipfTable m_ids;
    const std::uint64_t m_cellKey, m_idKey;
};

Expected<std::unique_ptr<Generator>> makeUniform(const SynthValues& values)
{
    const std::uint64_t vocabulary = values.count("vocab");
    ES_ASSIGN(auto shape,
        makeShape({.tokens = values.count("tokens"),
            .length = values.count("length"),
            .sites = values.count("sites"),
            .experts = values.count("experts"),
            .topK = values.count("top-k"),
            .columns = {.tokenIds = true},
            .labelValues = values.count("labels"),
            .generatorBytes = vocabulary * 16}));
    return std::make_unique<UniformGenerator>(
        std::move(shape), static_cast<std::uint32_t>(vocabulary), values.number("zipf"), values.count("seed"));
}

}

SynthKind uniformKind()
{
    SynthKind kind{"uniform", "Uniform routing of any size, fast; token ids by Zipf's law",
        tokenParameters("1000000", "2048"), makeUniform};
    for (auto& p : siteParameters("16", "64", "8"))
        kind.parameters.push_back(std::move(p));
    kind.parameters.push_back({"vocab", "Distinct token ids", "50304", 1, 16777216});
    kind.parameters.push_back(
        {"zipf", "Frequency of token id i is 1 / (i+1)^zipf", "1", 0, 10, SynthParameter::Type::Number});
    kind.parameters.push_back({"labels", "Values of a label 'domain', given to the sequences in turn", "0", 0, 65536});
    kind.parameters.push_back(seedParameter("1"));
    return kind;
}

}

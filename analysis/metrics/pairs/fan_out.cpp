// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many GPUs a token touches when experts lie on them contiguously (metrics 2.1, 2.4).
#include "analysis/bits/bit_kernels.h"
#include "analysis/chance/uniform.h"
#include "analysis/metrics/pairs/site_pairs.h"

namespace expertscope {

namespace {

/// gpu(e) = floor(e G / E), by expert.
std::vector<std::uint16_t> gpusOf(const Site& site, unsigned gpus)
{
    std::vector<std::uint16_t> gpuOf(site.numExperts);
    for (std::size_t e = 0; e < gpuOf.size(); ++e)
        gpuOf[e] = static_cast<std::uint16_t>(e * gpus / gpuOf.size());
    return gpuOf;
}

std::vector<unsigned> expertsPerGpu(const std::vector<std::uint16_t>& gpuOf, unsigned gpus)
{
    std::vector<unsigned> experts(gpus);
    for (const std::uint16_t gpu : gpuOf)
        ++experts[gpu];
    return experts;
}

/// Distinct GPUs a token at one site.
class TouchedGpus
{
public:
    TouchedGpus(const Site& site, unsigned gpus)
        : m_gpuOf(gpusOf(site, gpus))
        , m_gpus(gpus)
    {
        const std::size_t words = (m_gpuOf.size() + 63) / 64;
        if (gpus * words > kMostMaskWords)
            return;
        m_masks.resize(gpus * words);
        for (std::size_t e = 0; e < m_gpuOf.size(); ++e)
            m_masks[m_gpuOf[e] * words + e / 64] |= std::uint64_t(1) << (e % 64);
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs) {
            if (block.evenSlots && !m_masks.empty()) {
                m_touched += bitKernels().touched(
                    bits.set(run.begin), run.length, bits.words(), m_masks.data(), m_masks.size() / bits.words());
                m_tokens[block.evenSlots] += run.length;
            } else {
                observeCarefully(block, run);
            }
        }
    }

    void add(const TouchedGpus& other)
    {
        m_touched += other.m_touched;
        for (const auto& [size, tokens] : other.m_tokens)
            m_tokens[size] += tokens;
    }
    void persist(Archive& archive) { archive(m_touched, m_tokens); }

    ResultRow row() const
    {
        const auto E = static_cast<unsigned>(m_gpuOf.size());
        const std::vector<unsigned> experts = expertsPerGpu(m_gpuOf, m_gpus);
        ResultRow row = undefinedRow("fan_out.gpus", kNoTokens);
        row.unit = "GPUs";
        double uniform = 0;
        for (const auto& [size, tokens] : m_tokens) {
            row.n += tokens;
            for (const unsigned e : experts)
                uniform += size <= E ? double(tokens) * uniformAnyOverlap(E, e, size) : 0;
        }
        if (row.n) {
            row.undefined.clear();
            row.value = double(m_touched) / double(row.n);
            row.uniform = uniform / double(row.n);
        }
        return row;
    }

private:
    static constexpr std::size_t kMostMaskWords = 64; ///< to be compared with each token's set

    void observeCarefully(const Block& block, const SequenceRun& run)
    {
        std::vector<std::uint32_t> lastToken(m_gpus);
        const std::uint16_t* id = block.expertIds.data() + std::size_t(run.begin) * block.numSlots;
        for (std::uint32_t t = 1; t <= run.length; ++t, id += block.numSlots) {
            unsigned size = 0;
            for (unsigned r = 0; r < block.numSlots; ++r) {
                if (id[r] >= m_gpuOf.size())
                    continue;
                ++size;
                m_touched += std::exchange(lastToken[m_gpuOf[id[r]]], t) != t;
            }
            if (size)
                ++m_tokens[size];
        }
    }

    std::vector<std::uint16_t> m_gpuOf; ///< [E]
    unsigned m_gpus;
    std::vector<std::uint64_t> m_masks; ///< [gpu, words of a set] its experts; or empty
    std::uint64_t m_touched = 0;
    std::map<unsigned, std::uint64_t> m_tokens; ///< by the number of their choices
};

/// For one number of GPUs: what the sites' tokens touch, and how often the first choice changes GPU from site to site.
class FanOut
{
public:
    FanOut(const MetricContext& context, unsigned gpus)
        : m_gpus(gpus)
    {
        for (const SiteIndex index : context.sites) {
            const Site& site = context.shape->sites[std::size_t(index)];
            m_touched.emplace_back(site, gpus);
            m_gpuOf.push_back(gpusOf(site, gpus));
        }
    }

    void observe(const Tile& tile)
    {
        for (std::size_t i = 0; i < m_touched.size(); ++i)
            m_touched[i].observe(tile.blocks[i], tile.bits[i]);
        for (const SequenceRun& run : tile.runs())
            observeHops(tile, run);
    }

    void add(const FanOut& other)
    {
        for (std::size_t i = 0; i < m_touched.size(); ++i)
            m_touched[i].add(other.m_touched[i]);
        m_hops += other.m_hops;
        m_tokens += other.m_tokens;
    }

    void persist(Archive& archive)
    {
        for (TouchedGpus& site : m_touched)
            archive(site);
        archive(m_hops, m_tokens);
    }

    void rows(const std::vector<SiteIndex>& sites, std::vector<ResultRow>& rows) const
    {
        const std::size_t first = rows.size();
        for (std::size_t i = 0; i < sites.size(); ++i) {
            rows.push_back(m_touched[i].row());
            rows.back().site = sites[i];
        }
        appendMeansOf(rows, first);
        ResultRow row = undefinedRow("fan_out.top1_hops",
            sites.size() < 2 ? "a single site: no transitions" : "no token has a first choice at every site");
        row.unit = "hops";
        if (sites.size() >= 2 && m_tokens) {
            row.undefined.clear();
            row.n = m_tokens;
            row.value = double(m_hops) / double(m_tokens);
            row.uniform = uniformHops();
        }
        rows.push_back(std::move(row));
        for (std::size_t i = first; i < rows.size(); ++i)
            rows[i].params["gpus"] = double(m_gpus);
    }

private:
    /// Few tokens at a time: what is known of them stays near the core while the sites pass by.
    void observeHops(const Tile& tile, const SequenceRun& run)
    {
        constexpr std::uint32_t kAtOnce = 2048;
        for (std::uint32_t done = 0; done < run.length; done += kAtOnce)
            observeHops(tile, std::size_t(run.begin) + done, std::min(kAtOnce, run.length - done));
    }

    void observeHops(const Tile& tile, std::size_t first, std::uint32_t n)
    {
        const bool even = std::ranges::all_of(tile.blocks, [](const Block& block) { return block.evenSlots > 0; });
        m_last.assign(n, 0);
        m_changes.assign(n, 0);
        m_complete.assign(n, 1);
        std::uint64_t hops = 0; // if all tokens are complete
        for (std::size_t i = 0; i < m_gpuOf.size(); ++i) {
            const Block& block = tile.blocks[i];
            const std::uint16_t* const gpuOf = m_gpuOf[i].data();
            const std::uint16_t* id = block.expertIds.data() + first * block.numSlots;
            std::uint16_t* const last = m_last.data();
            if (even) {
                for (std::uint32_t t = 0; t < n; ++t, id += block.numSlots) {
                    const std::uint16_t gpu = gpuOf[*id];
                    hops += i > 0 && gpu != last[t];
                    last[t] = gpu;
                }
                continue;
            }
            for (std::uint32_t t = 0; t < n; ++t, id += block.numSlots) {
                const bool chose = *id < m_gpuOf[i].size();
                const std::uint16_t gpu = chose ? gpuOf[*id] : std::uint16_t(0);
                m_complete[t] &= static_cast<std::uint8_t>(chose);
                m_changes[t] += static_cast<std::uint16_t>(i > 0 && gpu != last[t]);
                last[t] = gpu;
            }
        }
        if (even) {
            m_tokens += n;
            m_hops += hops;
            return;
        }
        for (std::uint32_t t = 0; t < n; ++t) {
            m_tokens += m_complete[t];
            m_hops += m_complete[t] ? m_changes[t] : 0u;
        }
    }

    /// (L - 1) (1 - 1 / G) when every GPU holds as many experts.
    double uniformHops() const
    {
        double hops = 0;
        for (std::size_t i = 1; i < m_gpuOf.size(); ++i) {
            const std::vector<unsigned> before = expertsPerGpu(m_gpuOf[i - 1], m_gpus);
            const std::vector<unsigned> after = expertsPerGpu(m_gpuOf[i], m_gpus);
            double same = 0;
            for (unsigned g = 0; g < m_gpus; ++g)
                same += double(before[g]) * after[g];
            hops += 1 - same / (double(m_gpuOf[i - 1].size()) * double(m_gpuOf[i].size()));
        }
        return hops;
    }

    unsigned m_gpus;
    std::vector<TouchedGpus> m_touched; ///< by site
    std::vector<std::vector<std::uint16_t>> m_gpuOf; ///< by site and expert
    std::uint64_t m_hops = 0, m_tokens = 0; ///< of tokens with a first choice at every site
    std::vector<std::uint16_t> m_last, m_changes; ///< of the tokens at hand
    std::vector<std::uint8_t> m_complete;
};

class FanOutAccumulator final : public Accumulator
{
public:
    explicit FanOutAccumulator(const MetricContext& context)
        : m_sites(context.sites)
    {
        for (const double gpus : context.params.numbers("gpus"))
            m_fanOuts.emplace_back(context, static_cast<unsigned>(gpus));
    }

    void observe(const Tile& tile) override
    {
        for (FanOut& fanOut : m_fanOuts)
            fanOut.observe(tile);
    }
    void merge(const Accumulator& other) override
    {
        for (std::size_t i = 0; i < m_fanOuts.size(); ++i)
            m_fanOuts[i].add(static_cast<const FanOutAccumulator&>(other).m_fanOuts[i]);
    }
    Results result() const override
    {
        Results results;
        for (const FanOut& fanOut : m_fanOuts)
            fanOut.rows(m_sites, results.rows);
        return results;
    }
    void persist(Archive& archive) override
    {
        for (FanOut& fanOut : m_fanOuts)
            archive(fanOut);
    }

private:
    const std::vector<SiteIndex> m_sites;
    std::vector<FanOut> m_fanOuts;
};

}

MetricSpec fanOutMetric()
{
    return {
        .name = "fan_out",
        .definition = "experts lie on GPUs contiguously, gpu(e) = floor(e G / E): distinct GPUs that a token's experts "
                      "lie on; and how often the GPU of the first choice changes from site to site, in all sites "
                      "together (tokens with a first choice at every site); n = tokens",
        .source = "hops: ExFlow (arXiv 2401.08383)",
        .crossSite = true,
        .anyTokens = true,
        .params = {{.name = "gpus",
            .standard = "4",
            .meaning = "numbers of GPUs",
            .kind = ParameterSpec::Kind::Numbers,
            .least = 1,
            .most = 65535,
            .whole = true}},
        .make = [](const MetricContext& context) { return std::make_unique<FanOutAccumulator>(context); },
    };
}

}

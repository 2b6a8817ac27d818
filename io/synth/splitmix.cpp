// SPDX-License-Identifier: GPL-3.0-or-later
//
// U, B and M: hashes of the position, ranked. Exactly reproducible with a few lines in any language; specification
// and golden values: resources/docs/synth.md (our metrics notes, 9.1).
#include "io/synth/kinds.h"
#include "io/synth/random.h"
#include "io/synth/trace_size.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace expertscope {

namespace {

class SplitmixGenerator final : public CellGenerator
{
public:
    SplitmixGenerator(char kind, RoutingShape shape)
        : CellGenerator(std::move(shape))
        , m_kind(kind)
        , m_length(this->shape().sequences[0].length)
    {
    }

    double redundancy() const override { return m_kind == 'B' ? 8 : 2; }

    void fill(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) const override
    {
        const Columns& have = shape().columns;
        const std::size_t E = shape().numExperts, k = shape().numSlots, n = range.size();
        const bool logits = have.logits && wanted.logits, weights = have.weights && wanted.weights;
        const bool entropy = have.entropy && wanted.entropy, margin = have.margin && wanted.margin;
        buffer.expertIds.resize(n * k);
        buffer.logits.resize(logits ? n * E : 0);
        buffer.weights.resize(weights ? n * k : 0);
        buffer.entropy.resize(entropy ? n : 0);
        buffer.margin.resize(margin ? n : 0);

        std::vector<std::uint64_t> scores(E), sticky(E);
        std::vector<std::uint16_t> best;
        std::vector<double> p(E);
        std::uint64_t last = ~std::uint64_t(0); // sequence and block of tokens that `scores` (B) or `sticky` (M) is of
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint64_t s = (range.begin.value + i) / m_length, t = (range.begin.value + i) % m_length;
            const std::uint64_t common = m_kind == 'B' ? t / 8 : m_kind == 'M' ? t / 16 : t;
            const bool same = s * m_length + common == last && i > 0;
            last = s * m_length + common;
            if (m_kind == 'M') {
                if (!same) {
                    for (std::size_t e = 0; e < E; ++e)
                        sticky[e] = splitmix64(key(s, common, site) + e + (std::uint64_t(1) << 40)) >> 2;
                }
                for (std::size_t e = 0; e < E; ++e)
                    scores[e] = (splitmix64(key(s, t, site) + e) >> 2) + sticky[e];
            } else if (!same) {
                for (std::size_t e = 0; e < E; ++e)
                    scores[e] = splitmix64(key(s, common, site) + e);
            }
            if (!same || m_kind == 'M')
                rank(scores, std::min(k + 1, E), best);
            std::copy_n(best.begin(), k, buffer.expertIds.begin() + std::ptrdiff_t(i * k));
            if (!logits && !weights && !entropy && !margin)
                continue;
            double sum = 0, h = 0;
            for (std::size_t e = 0; e < E; ++e) {
                const double logit = 8 * double(scores[e] >> (m_kind == 'M' ? 10 : 11)) * 0x1p-53;
                if (logits)
                    buffer.logits[i * E + e] = float(logit);
                p[e] = std::exp(logit);
                sum += p[e];
            }
            for (double& v : p) {
                v /= sum;
                h -= v * std::log(v);
            }
            if (entropy)
                buffer.entropy[i] = float(h);
            if (margin)
                buffer.margin[i] = k < E ? float(p[best[k - 1]] - p[best[k]]) : std::numeric_limits<float>::quiet_NaN();
            for (std::size_t r = 0; weights && r < k; ++r)
                buffer.weights[i * k + r] = float(p[best[r]]);
        }
    }

private:
    std::uint64_t key(std::uint64_t s, std::uint64_t t, SiteIndex site) const
    {
        return ((s * m_length + t) * shape().sites.size() + site.value) * shape().numExperts;
    }

    /// The `count` experts of the highest scores, best first; of equal ones the lower id.
    static void rank(const std::vector<std::uint64_t>& scores, std::size_t count, std::vector<std::uint16_t>& best)
    {
        const auto better = [&](std::uint16_t a, std::uint16_t b) {
            return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
        };
        best.resize(count);
        std::iota(best.begin(), best.end(), std::uint16_t(0));
        std::sort(best.begin(), best.end(), better);
        for (std::size_t e = count; e < scores.size(); ++e) {
            if (scores[e] <= scores[best.back()])
                continue;
            std::size_t at = count - 1;
            for (; at > 0 && scores[e] > scores[best[at - 1]]; --at)
                best[at] = best[at - 1];
            best[at] = static_cast<std::uint16_t>(e);
        }
    }

    const char m_kind;
    const std::uint64_t m_length;
};

Expected<std::unique_ptr<Generator>> makeSplitmix(char kind, const SynthValues& values)
{
    const std::uint64_t S = values.count("sequences"), T = values.count("length");
    const bool logits = values.flag("logits"), weights = values.flag("weights");
    const TraceSize size{.tokens = S * T,
        .length = T,
        .sites = values.count("sites"),
        .experts = values.count("experts"),
        .topK = values.count("top-k"),
        .columns = {.weights = weights, .entropy = logits || weights, .margin = logits || weights, .logits = logits}};
    // Above 2^40 the hashes that M keeps for 16 tokens would be those of other tokens.
    if (kind == 'M' && double(size.tokens) * double(size.sites) * double(size.experts) > 0x1p40)
        return fail("M is defined for at most 2^40 tokens x sites x experts", "--sequences");
    ES_ASSIGN(auto shape, makeShape(size));
    return std::make_unique<SplitmixGenerator>(kind, std::move(shape));
}

}

std::vector<SynthKind> splitmixKinds()
{
    std::vector<SynthParameter> parameters{
        {"sequences", "Sequences", "8", 1, 2147483647}, {"length", "Tokens of a sequence", "512", 1, 4294967295.0}};
    for (auto& p : siteParameters("4", "64", "8"))
        parameters.push_back(std::move(p));
    parameters.push_back({"logits", "Record router logits, entropy and margin", "", 0, 1, SynthParameter::Type::Flag});
    parameters.push_back({"weights", "Record routing weights (softmax, not renormalised), entropy and margin", "", 0, 1,
        SynthParameter::Type::Flag});
    std::vector<SynthKind> kinds;
    for (const auto& [name, title] : {std::pair('U', "Splitmix hashes: uniform routing with published golden values"),
             std::pair('B', "Splitmix hashes, the same for 8 tokens in a row"),
             std::pair('M', "Splitmix hashes, one part kept for 16 tokens: sticky routing")})
        kinds.push_back({std::string(1, name), title, parameters,
            [name = name](const SynthValues& values) { return makeSplitmix(name, values); }});
    return kinds;
}

}

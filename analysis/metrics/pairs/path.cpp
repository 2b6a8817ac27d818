// SPDX-License-Identifier: GPL-3.0-or-later
//
// How concentrated the paths of tokens are: of the tuples of first choices at a few sites in a row, how many there are
// and how evenly tokens take them. Counts are exact: no hash stands for a path. Some 24 bytes a different path, window
// and worker.
#include "analysis/chance/path_chance.h"
#include "analysis/metrics/consistency/consistency.h"
#include "analysis/metrics/pairs/site_pairs.h"

#include <algorithm>
#include <cmath>
#include <compare>

namespace expertscope {

namespace {

constexpr unsigned kLongest = 8; ///< sites of a path: 16 bits each

/// First choices at up to kLongest sites.
struct Path
{
    std::uint64_t early = 0, late = 0;

    void push(std::uint16_t expert)
    {
        early = early << 16 | late >> 48;
        late = late << 16 | expert;
    }
    void persist(Archive& archive) { archive(early, late); }
    auto operator<=>(const Path&) const = default;
};

/// How many tokens took each path.
class PathCounts
{
public:
    struct Taken
    {
        Path path;
        std::uint64_t tokens = 0;

        void persist(Archive& archive) { archive(path, tokens); }
    };

    void note(const Path& path)
    {
        m_fresh.push_back({path, 1});
        if (m_fresh.size() >= std::max(kFewest, m_taken.size()))
            settle();
    }

    void add(const PathCounts& other)
    {
        m_fresh.insert(m_fresh.end(), other.m_taken.begin(), other.m_taken.end());
        m_fresh.insert(m_fresh.end(), other.m_fresh.begin(), other.m_fresh.end());
        settle();
    }

    void persist(Archive& archive)
    {
        settle();
        archive(m_taken);
        if (std::ranges::adjacent_find(m_taken, std::greater_equal(), &Taken::path) != m_taken.end())
            archive.refuse();
    }

    /// Ascending by path.
    const std::vector<Taken>& taken() const
    {
        settle();
        return m_taken;
    }

private:
    static constexpr std::size_t kFewest = 4096;

    /// Sorts in what is new.
    void settle() const
    {
        if (m_fresh.empty())
            return;
        std::ranges::sort(m_fresh, {}, &Taken::path);
        std::vector<Taken> all;
        all.reserve(m_taken.size() + m_fresh.size());
        auto known = m_taken.begin();
        for (const Taken& fresh : m_fresh) {
            while (known != m_taken.end() && known->path < fresh.path)
                all.push_back(*known++);
            if (known != m_taken.end() && known->path == fresh.path)
                all.push_back(*known++);
            if (!all.empty() && all.back().path == fresh.path)
                all.back().tokens += fresh.tokens;
            else
                all.push_back(fresh);
        }
        all.insert(all.end(), known, m_taken.end());
        m_taken = std::move(all);
        m_fresh.clear();
    }

    mutable std::vector<Taken> m_taken, m_fresh;
};

/// Sites in a row, as places among those of a tile.
struct PathWindow
{
    std::size_t first = 0;
    unsigned span = 0;
    PathCounts paths = {};
};

class PathAccumulator final : public Accumulator
{
public:
    explicit PathAccumulator(const MetricContext& context)
        : m_context(context)
        , m_tops(sortedNumbers(context, "top"))
    {
        const auto step = static_cast<std::size_t>(context.params.number("step"));
        for (const double span : sortedNumbers(context, "length")) {
            const auto length = static_cast<unsigned>(span);
            const std::size_t before = m_windows.size();
            for (std::size_t first = 0; first + length <= context.sites.size(); first += step ? step : length)
                m_windows.push_back({first, length});
            if (m_windows.size() == before)
                m_tooLong.push_back(length);
        }
    }

    void observe(const Tile& tile) override
    {
        for (PathWindow& window : m_windows)
            observe(tile.blocks.subspan(window.first, window.span), window.paths);
    }

    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const PathAccumulator&>(other);
        for (std::size_t w = 0; w < m_windows.size(); ++w)
            m_windows[w].paths.add(that.m_windows[w].paths);
    }

    void persist(Archive& archive) override
    {
        for (PathWindow& window : m_windows)
            archive(window.paths);
    }

    Results result() const override
    {
        Results results;
        for (const PathWindow& window : m_windows) {
            const std::size_t first = results.rows.size();
            addRows(window, results.rows);
            for (std::size_t i = first; i < results.rows.size(); ++i) {
                results.rows[i].site = m_context.sites[window.first];
                results.rows[i].other["to_site"] =
                    std::to_string(m_context.sites[window.first + window.span - 1].value);
                results.rows[i].params["length"] = double(window.span);
            }
        }
        appendMeansOf(results.rows, 0);
        for (const unsigned span : m_tooLong) {
            results.rows.push_back(undefinedRow("path.distinct", "there are fewer sites in a row"));
            results.rows.back().params["length"] = double(span);
        }
        return results;
    }

private:
    static void observe(std::span<const Block> blocks, PathCounts& paths)
    {
        const std::size_t stride = blocks.front().numSlots;
        for (const SequenceRun& run : blocks.front().runs) {
            for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t) {
                Path path;
                bool whole = true;
                for (const Block& block : blocks) {
                    const std::uint16_t first = block.expertIds[t * stride];
                    whole &= first < block.numExperts;
                    path.push(first);
                }
                if (whole)
                    paths.note(path);
            }
        }
    }

    void addRows(const PathWindow& window, std::vector<ResultRow>& rows) const
    {
        std::vector<std::uint64_t> counts;
        std::uint64_t tokens = 0, once = 0;
        for (const auto& taken : window.paths.taken()) {
            counts.push_back(taken.tokens);
            tokens += taken.tokens;
            once += taken.tokens == 1;
        }
        if (tokens == 0) {
            for (const char* name : {"path.distinct", "path.entropy", "path.effective", "path.relative",
                     "path.singletons", "path.top_share"})
                rows.push_back(undefinedRow(name, "no token has a first choice at each of the sites"));
            return;
        }
        std::ranges::sort(counts, std::greater());
        const double n = double(tokens);
        double cells = 1, entropy = 0;
        for (unsigned s = 0; s < window.span; ++s)
            cells *= m_context.shape->sites[std::size_t(m_context.sites[window.first + s])].numExperts;
        for (const std::uint64_t c : counts)
            entropy -= double(c) / n * std::log(double(c) / n);
        entropy = std::max(0.0, entropy); // of one path: -0
        const double most = std::log(std::min(n, cells));
        const std::optional<UniformPaths> chance =
            m_context.valuesOnly ? std::nullopt : std::optional<UniformPaths>(std::in_place, cells, n);
        const auto add = [&](const char* name, const char* unit, double value, auto uniform) -> ResultRow& {
            ResultRow& row = rows.emplace_back();
            row.metric = name;
            row.unit = unit;
            row.n = tokens;
            row.value = value;
            if (chance)
                row.uniform = uniform(*chance);
            return row;
        };
        ResultRow& distinct =
            add("path.distinct", "paths", double(counts.size()), [](const auto& c) { return c.distinct().mean; });
        if (chance)
            distinct.uniformSd = chance->distinct().sd;
        add("path.entropy", "nats", entropy, [](const auto& c) { return c.entropy(); });
        add("path.effective", "paths", std::exp(entropy), [](const auto& c) { return std::exp(c.entropy()); });
        if (most > 0)
            add("path.relative", "1", entropy / most, [&](const auto& c) { return c.entropy() / most; });
        else
            rows.push_back(undefinedRow("path.relative", "there is only one path to take"));
        add("path.singletons", "1", double(once) / double(counts.size()),
            [](const auto& c) { return c.singletons() / c.distinct().mean; });
        for (const double top : m_tops) {
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i < counts.size() && double(i) < top; ++i)
                sum += counts[i];
            add("path.top_share", "1", double(sum) / n, [&](const auto& c) { return c.topShare(top); }).params["top"] =
                top;
        }
    }

    const MetricContext m_context;
    const std::vector<double> m_tops;
    std::vector<unsigned> m_tooLong; ///< spans that no sites are there for
    std::vector<PathWindow> m_windows;
};

}

MetricSpec pathMetric()
{
    return {
        .name = "path",
        .definition =
            "first choices of a token at `length` sites in a row, windows of sites from the first on: different paths, "
            "their entropy (nats), e to it, the entropy over log min(tokens, possible paths), share of paths that one "
            "token took, share of tokens on the `top` commonest; n = tokens with a first choice at each of the sites. "
            "Up to 24 bytes a token, window and worker",
        .source = "path concentration, as in PathMoE (2026) and d0rbu/moe-router-study; definition ours",
        .crossSite = true,
        .ranges = {{"path.distinct", kNoInterval}, {"path.entropy", kNoInterval}, {"path.effective", kNoInterval},
            {"path.relative", kNoInterval}, {"path.singletons", kNoInterval}, {"path.top_share", kNoInterval}},
        .anyTokens = true,
        .onRequest = true,
        .params = {{.name = "length",
                       .standard = "2/4/8",
                       .meaning = "sites of a path",
                       .kind = ParameterSpec::Kind::Numbers,
                       .least = 2,
                       .most = kLongest,
                       .whole = true},
            {"step", "0", "sites from one window to the next, 0: those of a path", ParameterSpec::Kind::Number, 0, 65535, true},
            {.name = "top",
                .standard = "1/100",
                .meaning = "commonest paths",
                .kind = ParameterSpec::Kind::Numbers,
                .least = 1,
                .most = 1e9,
                .whole = true}},
        .make = [](const MetricContext& context) { return std::make_unique<PathAccumulator>(context); },
    };
}

}

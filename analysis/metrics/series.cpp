// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/series.h"

#include "analysis/metrics/registry.h"
#include "analysis/spine/selection.h"

#include <algorithm>
#include <limits>

namespace expertscope {

namespace {

constexpr std::uint64_t kTokensAtOnce = 1 << 20;

std::string inQuotes(const std::string& name)
{
    return "'" + name + "'";
}

/// "traces 'a' and 'b' are not of the same tokens: …"
tl::unexpected<Error> different(
    const std::string& a, const std::string& b, const std::string& of, const std::string& difference)
{
    return fail("traces " + inQuotes(a) + " and " + inQuotes(b) + " are not of the same " + of + ": " + difference);
}

std::string against(const std::string& what, std::uint64_t a, std::uint64_t b)
{
    return what + " " + std::to_string(a) + " against " + std::to_string(b);
}

Expected<void> sameShape(
    const RoutingShape& a, const RoutingShape& b, const std::string& nameA, const std::string& nameB)
{
    if (a.sequences.size() != b.sequences.size())
        return different(nameA, nameB, "tokens", against("sequences", a.sequences.size(), b.sequences.size()));
    for (std::size_t s = 0; s < a.sequences.size(); ++s) {
        if (a.sequences[s].length != b.sequences[s].length || a.sequences[s].begin != b.sequences[s].begin)
            return different(nameA, nameB, "tokens",
                against("length of sequence " + std::to_string(s), a.sequences[s].length, b.sequences[s].length));
    }
    if (a.numTokens != b.numTokens)
        return different(nameA, nameB, "tokens", against("tokens", a.numTokens, b.numTokens));
    if (a.sites.size() != b.sites.size())
        return different(nameA, nameB, "model", against("sites", a.sites.size(), b.sites.size()));
    for (std::size_t i = 0; i < a.sites.size(); ++i) {
        const Site &x = a.sites[i], &y = b.sites[i];
        const std::string site = " of site " + std::to_string(i);
        if (x.layer != y.layer)
            return different(nameA, nameB, "model", against("layer" + site, x.layer, y.layer));
        if (x.kind != y.kind)
            return different(nameA, nameB, "model", "kind" + site);
        if (x.numExperts != y.numExperts)
            return different(nameA, nameB, "model", against("experts" + site, x.numExperts, y.numExperts));
        if (x.topK != y.topK)
            return different(nameA, nameB, "model", against("choices a token" + site, x.topK, y.topK));
    }
    return {};
}

}

Expected<SeriesSource> SeriesSource::over(std::span<BlockSource* const> traces, std::vector<std::string> names)
{
    if (traces.size() < 2)
        return fail("a series needs at least two traces", {}, "of the same tokens, the final one last");
    if (names.size() != traces.size())
        return fail("a series of " + std::to_string(traces.size()) + " traces needs as many names");
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (std::find(names.begin(), names.begin() + std::ptrdiff_t(i), names[i]) != names.begin() + std::ptrdiff_t(i))
            return fail("two traces of the series are called " + inQuotes(names[i]));
    }
    SeriesSource series;
    series.m_traces.assign(traces.begin(), traces.end());
    series.m_names = std::move(names);
    series.m_shape = traces.back()->shape();
    const RoutingShape& final = traces.back()->shape();
    series.m_sitesPerTrace = final.sites.size();
    if (final.sites.size() * traces.size() > std::numeric_limits<std::uint16_t>::max())
        return fail("a series of " + std::to_string(traces.size()) + " traces with "
                + std::to_string(final.sites.size()) + " sites each is too large",
            {}, "65535 sites together at most");
    series.m_shape.sites.clear();
    for (std::size_t c = 0; c < traces.size(); ++c) {
        const RoutingShape& shape = traces[c]->shape();
        ES_TRY(sameShape(shape, final, series.m_names[c], series.m_names.back()));
        Columns& columns = series.m_shape.columns;
        columns = {columns.weights && shape.columns.weights, columns.entropy && shape.columns.entropy,
            columns.margin && shape.columns.margin, columns.logits && shape.columns.logits,
            columns.tokenIds && shape.columns.tokenIds, columns.predictedIds && shape.columns.predictedIds,
            columns.loss && shape.columns.loss};
        series.m_shape.numSlots = std::max(series.m_shape.numSlots, shape.numSlots);
        series.m_shape.sites.insert(series.m_shape.sites.end(), shape.sites.begin(), shape.sites.end());
    }
    ES_TRY(series.sameTokenIds());
    return series;
}

Expected<void> SeriesSource::sameTokenIds() const
{
    std::vector<std::size_t> recorded;
    for (std::size_t c = 0; c < m_traces.size(); ++c) {
        if (m_traces[c]->shape().columns.tokenIds)
            recorded.push_back(c);
    }
    if (recorded.size() < 2 || m_sitesPerTrace == 0)
        return {};
    Columns ids;
    ids.tokenIds = true;
    BlockBuffer firstBuffer, buffer;
    for (std::uint64_t t = 0; t < m_shape.numTokens; t += kTokensAtOnce) {
        const TokenRange range{TokenIndex(t), TokenIndex(std::min(t + kTokensAtOnce, m_shape.numTokens))};
        ES_ASSIGN(const Block first, m_traces[recorded[0]]->read(SiteIndex(0), range, ids, firstBuffer));
        for (std::size_t i = 1; i < recorded.size(); ++i) {
            ES_ASSIGN(const Block other, m_traces[recorded[i]]->read(SiteIndex(0), range, ids, buffer));
            for (std::size_t j = 0; j < std::min(first.tokenIds.size(), other.tokenIds.size()); ++j) {
                const std::int32_t a = first.tokenIds[j], b = other.tokenIds[j];
                if (a != b && a >= 0 && b >= 0) // -1: unknown
                    return different(m_names[recorded[0]], m_names[recorded[i]], "tokens",
                        against("token " + std::to_string(t + j) + " is", std::uint64_t(a), std::uint64_t(b)));
            }
        }
    }
    return {};
}

Expected<Block> SeriesSource::read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer)
{
    BlockSource& trace = *m_traces[std::size_t(site) / m_sitesPerTrace];
    const SiteIndex own(static_cast<std::uint16_t>(std::size_t(site) % m_sitesPerTrace));
    auto block = trace.read(own, range, wanted, buffer);
    if (block) {
        block->site = site;
    } else {
        Error error = std::move(block).error();
        error.where =
            inQuotes(m_names[std::size_t(site) / m_sitesPerTrace]) + (error.where.empty() ? "" : ", ") + error.where;
        return tl::unexpected(std::move(error));
    }
    return block;
}

Expected<AnalysisRequest> SeriesSource::expanded(AnalysisRequest request) const
{
    for (const MetricRequest& metric : request.metrics) {
        const auto spec = std::ranges::find(metricRegistry(), metric.name, &MetricSpec::name);
        if (spec != metricRegistry().end() && spec->minTraces < 2)
            return fail("metric " + inQuotes(metric.name) + " looks at one trace, not at a series");
    }
    ES_ASSIGN(const auto sites, selectSites(m_traces.back()->shape(), request.pass));
    request.pass.sites.clear();
    for (std::size_t c = 0; c < m_traces.size(); ++c) {
        for (const SiteIndex site : sites)
            request.pass.sites.emplace_back(static_cast<std::uint16_t>(c * m_sitesPerTrace + site.value));
    }
    request.series = m_names;
    return request;
}

Expected<Results> analyseSeries(
    std::span<BlockSource* const> traces, const std::vector<std::string>& names, AnalysisRequest request)
{
    ES_ASSIGN(SeriesSource source, SeriesSource::over(traces, names));
    ES_ASSIGN(request, source.expanded(std::move(request)));
    return analyse(source, std::move(request));
}

}

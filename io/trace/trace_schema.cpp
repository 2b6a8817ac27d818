// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_schema.h"

#include "io/base/sha256.h"

#include <algorithm>
#include <cmath>

#include <limits.h>

namespace expertscope {

const ColumnInfo& columnInfo(Column column)
{
    static constexpr std::array<ColumnInfo, kAllColumns.size()> kInfos{{
        {"routing/expert_id", "expert index", "chosen experts",
            "ids of the experts used, in rank order (highest selection score first); 65535: none (dropped, padded, not "
            "recorded, or the site has fewer slots)"},
        {"routing/expert_weight", "1", "routing weights",
            "factor each expert's output is multiplied by: after renormalisation and scaling; NaN where no expert"},
        {"routing/entropy", "nat", "router entropy",
            "entropy of the full score distribution of the router; NaN: not recorded"},
        {"routing/margin", "1", "selection margin",
            "selection score of the last chosen minus the first unchosen expert; NaN: not recorded"},
        {"routing/router_logits", "1", "router logits",
            "the router's output before its score function, all experts; NaN beyond the experts of the site"},
        {"tokens/loss", "nat", "next-token loss",
            "negative log-likelihood of the next token; NaN at the last token of a sequence"},
        {"tokens/predicted_id", "token index", "predicted next token",
            "id of the token that the model finds most probable to come next; -1: unknown"},
    }};
    return kInfos[static_cast<std::size_t>(column)];
}

bool Geometry::has(Column column) const
{
    switch (column) {
    case Column::ExpertId:
        return true;
    case Column::Weight:
        return columns.weights;
    case Column::Entropy:
        return columns.entropy;
    case Column::Margin:
        return columns.margin;
    case Column::Logits:
        return columns.logits;
    case Column::Loss:
        return columns.loss;
    case Column::Predicted:
        return columns.predictedIds;
    }
    return false;
}

std::uint32_t Geometry::width(Column column) const
{
    switch (column) {
    case Column::ExpertId:
    case Column::Weight:
        return numSlots;
    case Column::Logits:
        return numExperts;
    default:
        return 1;
    }
}

Geometry geometryOf(const TracePlan& plan)
{
    Geometry g;
    for (const auto& sequence : plan.sequences)
        g.numTokens += sequence.tokenIds.size();
    for (const auto& site : plan.sites) {
        g.numSlots = std::max(g.numSlots, site.topK);
        g.numExperts = std::max(g.numExperts, site.numExperts);
    }
    g.numSites = static_cast<std::uint16_t>(plan.sites.size());
    g.columns = plan.columns;
    g.columns.tokenIds = true;
    // A power of two that covers a short trace, so that 200 tokens are not padded to 4,096.
    std::uint32_t cap = 16;
    while (cap < g.numTokens && cap < kChunkTokens)
        cap *= 2;
    g.chunkTokens = cap;
    g.logitsChunkTokens = std::min(cap, kLogitsChunkTokens);
    return g;
}

Expected<void> checkSites(const std::vector<Site>& sites, const std::string& where)
{
    if (sites.size() > kMaxSites)
        return fail(
            std::to_string(sites.size()) + " sites, at most " + std::to_string(kMaxSites) + " are allowed", where);
    for (std::size_t m = 0; m < sites.size(); ++m) {
        const auto& site = sites[m];
        const auto place = where + ": site " + std::to_string(m);
        if (site.numExperts == 0 || site.numExperts > kMaxExperts)
            return fail(std::to_string(site.numExperts) + " experts, 1 to 65534 are allowed", place);
        if (site.topK == 0 || site.topK > site.numExperts || site.topK > kMaxSlots)
            return fail(std::to_string(site.topK) + " experts a token of " + std::to_string(site.numExperts), place);
        if (site.kind > SiteKind::Attention)
            return fail("unknown kind " + std::to_string(int(site.kind)), place);
        if (site.score > ScoreFunction::SparseMixer)
            return fail("unknown score function " + std::to_string(int(site.score)), place);
        if (site.renormalisation > Renormalisation::PNorm)
            return fail("unknown renormalisation " + std::to_string(int(site.renormalisation)), place);
        if (!std::isfinite(site.scaling))
            return fail("scaling is not a number", place);
    }
    return {};
}

Expected<void> checkPlan(const TracePlan& plan, const std::string& where)
{
    if (plan.sites.empty())
        return fail("no site to record", where);
    ES_TRY(checkSites(plan.sites, where));
    std::uint64_t tokens = 0;
    for (std::size_t s = 0; s < plan.sequences.size(); ++s) {
        const auto& sequence = plan.sequences[s];
        if (sequence.tokenIds.size() > 0xffffffffull || sequence.promptLength > sequence.tokenIds.size())
            return fail("prompt of " + std::to_string(sequence.promptLength) + " tokens in a sequence of "
                    + std::to_string(sequence.tokenIds.size()),
                where + ": sequence " + std::to_string(s));
        tokens += sequence.tokenIds.size();
    }
    if (tokens == 0)
        return fail("no token to record", where);
    if (plan.sequences.size() > 0x7fffffffull)
        return fail("too many sequences", where);
    const auto g = geometryOf(plan);
    for (const auto column : kAllColumns) {
        if (g.has(column) && g.chunkBytes(column) > kMaxChunkBytes)
            return fail("a chunk of " + std::string(columnInfo(column).path) + " would take "
                    + std::to_string(g.chunkBytes(column)) + " bytes",
                where);
    }
    return {};
}

std::filesystem::path journalPath(const std::filesystem::path& target)
{
    static constexpr std::string_view kEnding = ".part";
    std::string name = target.filename().string();
    if (name.size() + kEnding.size() > NAME_MAX) {
        const std::string hash = sha256Hex(std::as_bytes(std::span(name))).substr(0, 16);
        std::size_t most = NAME_MAX - kEnding.size() - hash.size() - 1;
        while (most > 0 && (static_cast<unsigned char>(name[most]) & 0xc0) == 0x80) // whole characters
            --most;
        name = name.substr(0, most) + '.' + hash;
    }
    return target.parent_path() / (name + std::string(kEnding));
}

std::string linkName(const std::string& label)
{
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string name;
    for (const char c : label) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || c == '%' || c == '/' || (c == '.' && name.empty())) {
            name += '%';
            name += kDigits[byte >> 4];
            name += kDigits[byte & 15];
        } else {
            name += c;
        }
    }
    return name.empty() ? "%" : name;
}

std::string cleanText(const std::string& text)
{
    std::string clean;
    clean.reserve(text.size());
    const auto at = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
    };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned c = at(i);
        std::size_t length = 0;
        if (c > 0 && c < 0x80)
            length = 1;
        else if (c >= 0xc2 && c < 0xe0 && (at(i + 1) & 0xc0) == 0x80)
            length = 2;
        else if (c >= 0xe0 && c < 0xf0 && (at(i + 1) & 0xc0) == 0x80 && (at(i + 2) & 0xc0) == 0x80
            && !(c == 0xe0 && at(i + 1) < 0xa0) && !(c == 0xed && at(i + 1) >= 0xa0))
            length = 3;
        else if (c >= 0xf0 && c < 0xf5 && (at(i + 1) & 0xc0) == 0x80 && (at(i + 2) & 0xc0) == 0x80
            && (at(i + 3) & 0xc0) == 0x80 && !(c == 0xf0 && at(i + 1) < 0x90) && !(c == 0xf4 && at(i + 1) >= 0x90))
            length = 4;
        if (length == 0) {
            clean += "\xef\xbf\xbd";
            ++i;
        } else {
            clean.append(text, i, length);
            i += length;
        }
    }
    return clean;
}

}

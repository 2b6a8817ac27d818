// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/given_sites.h"

#include "analysis/study/scope.h"
#include "analysis/what_if/named_params.h"
#include "io/base/text.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace expertscope {

using namespace simulation;

namespace {

constexpr std::string_view kSetOfFile = "set:";
constexpr std::uintmax_t kMostGivenBytes = 16u << 20;

struct GivenLine
{
    std::string text; ///< no blanks around it
    std::string where;
};

/// Lines with something in them.
Expected<std::vector<GivenLine>> readLines(const std::filesystem::path& path)
{
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return fail(error ? error.message() : "is no file", path.string());
    if (std::filesystem::file_size(path, error) > kMostGivenBytes)
        return fail("is too large for lines of sites", path.string());
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail("cannot be read", path.string());
    std::vector<GivenLine> lines;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        line.erase(std::min(line.find('#'), line.size()));
        const std::size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
        if (first != std::string::npos)
            lines.push_back({line.substr(first, last + 1 - first), path.string() + ':' + std::to_string(number)});
    }
    if (file.bad())
        return fail("cannot be read", path.string());
    if (lines.empty())
        return fail("holds no lines", path.string());
    return lines;
}

/// "layer 5", "site 3".
std::string placeOf(const GivenSlots& given)
{
    return given.layer ? "layer " + std::to_string(*given.layer)
        : given.site   ? "site " + std::to_string(given.site->value)
                       : std::string("all other sites");
}

std::string countOf(std::uint64_t count, const char* one)
{
    return std::to_string(count) + ' ' + one + (count == 1 ? "" : "s");
}

}

std::filesystem::path fileOfPins(const std::string& text)
{
    if (!text.starts_with(kSetOfFile))
        return text;
    return text.substr(kSetOfFile.size(), text.rfind('#') - kSetOfFile.size());
}

Expected<std::vector<GivenExperts>> readPins(const std::string& text)
{
    if (text.starts_with(kSetOfFile)) {
        ES_ASSIGN(ExpertSet set, parseExperts(text, "--pin"));
        std::string where = fileOfPins(text).string() + ": set '" + printable(set.name) + "'";
        return std::vector<GivenExperts>{{std::move(set), std::move(where)}};
    }
    if (expertSetsKind().recognises(text))
        return fail("is a file of named sets", text, "--pin set:" + text + "#NAME");
    ES_ASSIGN(const auto lines, readLines(text));
    std::vector<GivenExperts> pins;
    for (const GivenLine& line : lines) {
        auto experts = parseExperts(line.text, "--pin");
        if (!experts || line.text.starts_with(kSetOfFile))
            return fail("'" + printable(line.text) + "' is no LAYER:EXPERT", line.where,
                "such as 5:27, 5:27|5:30 for both, s3:27 by the router's place");
        pins.push_back({std::move(*experts), line.where});
    }
    return pins;
}

Expected<std::vector<GivenSlots>> readSlots(const std::filesystem::path& path)
{
    ES_ASSIGN(const auto lines, readLines(path));
    std::vector<GivenSlots> all;
    for (const GivenLine& line : lines) {
        const std::size_t colon = line.text.find(':');
        std::string place = line.text.substr(0, colon);
        GivenSlots given;
        given.where = line.where;
        std::uint16_t number = 0;
        bool fine = colon != std::string::npos && readWhole(line.text.substr(colon + 1), given.count);
        if (fine && place != "*") {
            const bool bySite = place.starts_with('s');
            fine = readWhole(place.substr(bySite), number);
            if (bySite)
                given.site = SiteIndex(number);
            else
                given.layer = number;
        }
        if (!fine)
            return fail("'" + printable(line.text) + "' is no LAYER:SLOTS", line.where,
                "such as 5:24, s3:24 by the router's place, *:16 for all others");
        const auto before = std::ranges::find_if(all, [&](const GivenSlots& other) {
            return other.layer == given.layer && other.site == given.site;
        });
        if (before != all.end())
            return fail(placeOf(given) + " was given slots before", line.where, "at " + before->where);
        all.push_back(std::move(given));
    }
    return all;
}

namespace {

Expected<void> givePins(const std::vector<GivenExperts>& pins, const RoutingShape& shape, Contract& contract)
{
    contract.pinned.assign(shape.sites.size(), {});
    for (const GivenExperts& given : pins) {
        const auto experts = expertsOf(given.experts, shape);
        if (!experts)
            return fail(experts.error().what, given.where, experts.error().hint);
        for (const ExpertAt& at : *experts) {
            auto& list = contract.pinned[std::size_t(at.site)];
            if (std::ranges::find(list, at.expert.value) == list.end())
                list.push_back(at.expert.value);
        }
    }
    return {};
}

Expected<void> giveSlots(const std::vector<GivenSlots>& all, const RoutingShape& shape,
    const std::vector<SiteIndex>& sites, Contract& contract)
{
    std::vector<const GivenSlots*> of(shape.sites.size());
    // A site outdoes its layer, both outdo all others.
    for (int kind = 0; kind < 3; ++kind) {
        for (const GivenSlots& given : all) {
            if (kind != (given.site ? 2 : given.layer ? 1 : 0))
                continue;
            bool found = kind == 0;
            for (std::size_t site = 0; site < of.size(); ++site) {
                const bool meant = kind == 0 || (kind == 1 && shape.sites[site].layer == *given.layer)
                    || (kind == 2 && site == given.site->value);
                found |= meant;
                if (meant && kind > 0 && given.count > shape.sites[site].numExperts)
                    return fail(countOf(given.count, "slot") + ": " + placeOf(given) + " has "
                            + countOf(shape.sites[site].numExperts, "expert"),
                        given.where);
                if (meant)
                    of[site] = &given;
            }
            if (found)
                continue;
            if (given.site)
                return fail("the trace has no " + placeOf(given), given.where, "its sites: 0-" + std::to_string(of.size() - 1));
            Scope layer;
            layer.layers = {*given.layer};
            const auto none = sitesOf(layer, shape); // which says what there is
            return fail(none ? "the trace has no " + placeOf(given) : none.error().what, given.where,
                none ? std::string() : none.error().hint);
        }
    }
    contract.quotas.assign(of.size(), 0);
    for (const SiteIndex site : sites) {
        const Site& description = shape.sites[std::size_t(site)];
        const GivenSlots* const given = of[std::size_t(site)];
        if (!given)
            return fail("has no slots for layer " + std::to_string(description.layer),
                all.front().where.substr(0, all.front().where.rfind(':')),
                std::to_string(description.layer) + ":SLOTS, or *:SLOTS for all others");
        contract.quotas[std::size_t(site)] = std::min<std::uint32_t>(given->count, description.numExperts);
        const std::size_t pinned = contract.pinned.empty() ? 0 : contract.pinned[std::size_t(site)].size();
        if (contract.scope == PoolScope::PerSite && contract.quotas[std::size_t(site)] < pinned)
            return fail(countOf(given->count, "slot") + " for layer " + std::to_string(description.layer) + ", where "
                    + countOf(pinned, "expert") + (pinned == 1 ? " is pinned" : " are pinned"),
                given->where);
    }
    return {};
}

}

Expected<void> giveSites(const GivenSites& given, const RoutingShape& shape, const std::vector<SiteIndex>& sites,
    Contract& contract)
{
    if (!given.pins.empty())
        ES_TRY(givePins(given.pins, shape, contract));
    if (!given.quotas.empty())
        ES_TRY(giveSlots(given.quotas, shape, sites, contract));
    return {};
}

}

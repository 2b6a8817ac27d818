// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/placement_json.h"

#include "io/base/json.h"

#include <algorithm>
#include <fstream>

namespace expertscope::placement {

namespace {

constexpr JsonLimits kLimits{.maxBytes = 256u << 20, .maxValues = 1u << 24, .maxDepth = 8};

template <class T> std::string listOf(const std::vector<T>& values)
{
    std::string text = "[";
    for (const auto& value : values) {
        text += text.size() > 1 ? ", " : "";
        if constexpr (std::is_same_v<T, std::string>)
            text += value;
        else
            text += std::to_string(value);
    }
    return text + "]";
}

/// A list with a line for each element.
std::string linesOf(const std::vector<std::string>& rows)
{
    std::string text = "[";
    for (const std::string& row : rows)
        text += (text.size() > 1 ? ",\n  " : "\n  ") + row;
    return text + "\n ]";
}

/// Slots of each expert, padded with -1 to the same number at all sites; and how many they are.
struct Inverse
{
    std::vector<std::string> slots, counts; ///< a row a site
};

/// Rows of numbers with nothing to tell them by but linesOf(): nobody else indents the end by one.
bool isLaidOutList(const std::filesystem::path& path)
{
    const std::string head = headOf(path);
    if (!head.starts_with("[\n  ["))
        return false;
    const std::size_t end = head.find_first_not_of("0123456789, ", 5);
    std::ifstream file(path, std::ios::binary);
    std::string tail(5, '\0');
    file.seekg(-5, std::ios::end);
    file.read(tail.data(), 5);
    return (end == std::string::npos || head[end] == ']') && file && tail == "]\n ]\n";
}

Inverse invert(const Placement& plan)
{
    std::size_t most = 0;
    std::vector<std::vector<std::vector<int>>> all;
    for (const SitePlacement& site : plan.sites()) {
        auto& slots = all.emplace_back(site.numExperts);
        for (std::size_t slot = 0; slot < site.expertOfSlot.size(); ++slot)
            slots[site.expertOfSlot[slot]].push_back(static_cast<int>(slot));
        for (const auto& s : slots)
            most = std::max(most, s.size());
    }
    Inverse inverse;
    for (auto& site : all) {
        std::vector<std::string> rows;
        std::vector<std::size_t> counts;
        for (auto& slots : site) {
            counts.push_back(slots.size());
            slots.resize(most, -1);
            rows.push_back(listOf(slots));
        }
        inverse.slots.push_back(listOf(rows));
        inverse.counts.push_back(listOf(counts));
    }
    return inverse;
}

Expected<void> checkForEngines(const Placement& plan)
{
    const std::size_t P = plan.sites().front().expertOfSlot.size(), E = plan.sites().front().numExperts;
    const std::uint32_t G = plan.cluster().gpus;
    for (const SitePlacement& site : plan.sites()) {
        if (site.expertOfSlot.size() != P || site.numExperts != E)
            return fail(
                "engines want as many experts and slots at each site", "site " + std::to_string(site.site.value));
    }
    if (P % G != 0)
        return fail(
            std::to_string(P) + " slots cannot be shared equally by " + std::to_string(G) + " GPUs, as engines want it",
            {}, "plan with " + std::to_string((E + G - 1) / G * G - E) + " replicas");
    return {};
}

Expected<std::vector<std::string>> rowsByLayer(const Placement& plan, std::uint32_t numLayers)
{
    const SitePlacement& first = plan.sites().front();
    std::uint32_t layers = numLayers;
    for (const SitePlacement& site : plan.sites()) {
        if (numLayers > 0 && site.layer >= numLayers)
            return fail("layer " + std::to_string(site.layer) + " of a model with " + std::to_string(numLayers));
        layers = std::max<std::uint32_t>(layers, site.layer + 1u);
    }
    std::vector<std::uint16_t> idle;
    for (std::size_t slot = 0; slot < first.expertOfSlot.size(); ++slot)
        idle.push_back(static_cast<std::uint16_t>(slot % first.numExperts));
    std::vector<std::string> rows(layers);
    for (const SitePlacement& site : plan.sites()) {
        if (!rows[site.layer].empty())
            return fail("layer " + std::to_string(site.layer) + " has two sites; SGLang knows one a layer");
        rows[site.layer] = listOf(site.expertOfSlot);
    }
    for (std::string& row : rows) {
        if (row.empty())
            row = listOf(idle);
    }
    return rows;
}

/// A whole number from `least` to `most`.
Expected<std::int64_t> numberOf(
    const JsonValue& value, std::int64_t least, std::int64_t most, const std::string& what, const std::string& where)
{
    std::int64_t number = most;
    if (const auto* s = std::get_if<std::int64_t>(&value.data))
        number = *s;
    else if (const auto* u = std::get_if<std::uint64_t>(&value.data); u && *u <= INT64_MAX)
        number = static_cast<std::int64_t>(*u);
    else
        return fail(what + " is " + value.kind(), where, "a whole number is wanted");
    if (number < least || number > most)
        return fail(
            what + " is " + std::to_string(number) + ", not " + std::to_string(least) + " to " + std::to_string(most),
            where);
    return number;
}

Expected<std::vector<std::uint16_t>> numbersOf(
    const JsonValue& value, const std::string& what, const std::string& where)
{
    const auto* list = value.array();
    if (!list)
        return fail(what + " is " + value.kind(), where, "a list is wanted");
    std::vector<std::uint16_t> numbers;
    for (const JsonValue& element : *list) {
        ES_ASSIGN(const auto number, numberOf(element, 0, UINT16_MAX, what, where));
        numbers.push_back(static_cast<std::uint16_t>(number));
    }
    return numbers;
}

Expected<std::vector<std::vector<std::uint16_t>>> rowsOf(
    const JsonValue& map, const std::string& what, const std::string& where)
{
    const auto* list = map.array();
    if (!list || list->empty())
        return fail(what + (list ? " is empty" : std::string(" is ") + map.kind()), where);
    std::vector<std::vector<std::uint16_t>> rows;
    if (!list->front().array()) {
        ES_ASSIGN(auto row, numbersOf(map, what, where));
        rows.push_back(std::move(row));
        return rows;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        ES_ASSIGN(auto row, numbersOf((*list)[i], what + "[" + std::to_string(i) + "]", where));
        rows.push_back(std::move(row));
    }
    return rows;
}

Expected<Cluster> clusterOf(const JsonValue& file, const std::optional<Cluster>& given, const std::string& where)
{
    if (given)
        return *given;
    const JsonValue* gpus = file.find("num_gpus");
    if (!gpus)
        return fail("the plan does not say for how many GPUs it is", where, "say so");
    Cluster cluster;
    ES_ASSIGN(const auto numGpus, numberOf(*gpus, 1, kMostGpus, "num_gpus", where));
    cluster.gpus = static_cast<std::uint32_t>(numGpus);
    if (const JsonValue* nodes = file.find("num_nodes")) {
        ES_ASSIGN(const auto numNodes, numberOf(*nodes, 1, kMostGpus, "num_nodes", where));
        cluster.nodes = static_cast<std::uint32_t>(numNodes);
    }
    return cluster;
}

/// The sites that the plan is for, each with its row.
Expected<std::vector<std::pair<SiteIndex, std::size_t>>> matchRows(
    const JsonValue& file, std::size_t numRows, const RoutingShape& shape, const std::string& where)
{
    std::vector<std::pair<SiteIndex, std::size_t>> matched;
    if (const JsonValue* sites = file.find("sites")) {
        ES_ASSIGN(const auto numbers, numbersOf(*sites, "sites", where));
        if (numbers.size() != numRows)
            return fail(
                "sites names " + std::to_string(numbers.size()) + " sites for " + std::to_string(numRows) + " rows",
                where);
        for (std::size_t row = 0; row < numRows; ++row) {
            if (numbers[row] >= shape.sites.size())
                return fail("the trace has no site " + std::to_string(numbers[row]), where);
            matched.emplace_back(SiteIndex(numbers[row]), row);
        }
        return matched;
    }
    const auto sites = expertSites(shape);
    for (std::size_t i = 0; i < sites.size(); ++i) {
        const std::size_t layer = shape.sites[std::size_t(sites[i])].layer;
        if (numRows != 1 && numRows != sites.size() && layer >= numRows)
            return fail(std::to_string(numRows) + " rows fit neither the " + std::to_string(sites.size())
                    + " sites of the trace nor their layers",
                where);
        matched.emplace_back(sites[i], numRows == 1 ? 0 : numRows == sites.size() ? i : layer);
    }
    return matched;
}

/// The maps that say the same another way must do so.
Expected<void> checkInverse(
    const JsonValue& file, const std::vector<std::vector<std::uint16_t>>& rows, const std::string& where)
{
    const auto broken = [&](const char* map, std::size_t row) {
        return fail(std::string(map) + " contradicts physical_to_logical_map in row " + std::to_string(row), where);
    };
    const JsonValue *slots = file.find("logical_to_physical_map"), *counts = file.find("logical_replica_count");
    if ((slots && (!slots->array() || slots->array()->size() != rows.size()))
        || (counts && (!counts->array() || counts->array()->size() != rows.size())))
        return fail("the maps have different numbers of rows", where);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::size_t E = rows[row].empty() ? 0 : std::size_t(std::ranges::max(rows[row])) + 1;
        std::vector<std::size_t> copies(E);
        for (const std::uint16_t e : rows[row])
            ++copies[e];
        if (counts) {
            ES_ASSIGN(const auto told, numbersOf((*counts->array())[row], "logical_replica_count", where));
            if (!std::ranges::equal(told, copies))
                return broken("logical_replica_count", row);
        }
        if (!slots)
            continue;
        const auto* experts = (*slots->array())[row].array();
        if (!experts || experts->size() != E)
            return broken("logical_to_physical_map", row);
        for (std::size_t e = 0; e < E; ++e) {
            const auto* list = (*experts)[e].array();
            std::vector<char> seen(rows[row].size());
            std::size_t told = 0;
            for (std::size_t i = 0; list && i < list->size(); ++i) {
                ES_ASSIGN(const auto slot,
                    numberOf((*list)[i], -1, std::int64_t(rows[row].size()) - 1, "logical_to_physical_map", where));
                if (slot < 0)
                    continue;
                if (rows[row][std::size_t(slot)] != e || std::exchange(seen[std::size_t(slot)], 1))
                    return broken("logical_to_physical_map", row);
                ++told;
            }
            if (told != copies[e])
                return broken("logical_to_physical_map", row);
        }
    }
    return {};
}

}

Expected<std::string> toJson(const Placement& plan, PlanForm form, std::uint32_t numLayers)
{
    std::vector<std::string> rows;
    for (const SitePlacement& site : plan.sites())
        rows.push_back(listOf(site.expertOfSlot));
    if (form == PlanForm::Full) {
        std::vector<unsigned> sites, layers;
        for (const SitePlacement& site : plan.sites()) {
            sites.push_back(site.site.value);
            layers.push_back(site.layer);
        }
        const Inverse inverse = invert(plan);
        return "{\n \"num_gpus\": " + std::to_string(plan.cluster().gpus)
            + ",\n \"num_nodes\": " + std::to_string(plan.cluster().nodes) + ",\n \"sites\": " + listOf(sites)
            + ",\n \"layers\": " + listOf(layers) + ",\n \"physical_to_logical_map\": " + linesOf(rows)
            + ",\n \"logical_to_physical_map\": " + linesOf(inverse.slots)
            + ",\n \"logical_replica_count\": " + linesOf(inverse.counts) + "\n}\n";
    }
    ES_TRY(checkForEngines(plan));
    if (form == PlanForm::List)
        return linesOf(rows) + "\n";
    ES_ASSIGN(const auto byLayer, rowsByLayer(plan, numLayers));
    return "{\n \"physical_to_logical_map\": " + linesOf(byLayer) + "\n}\n";
}

FileKind planKind(PlanForm form)
{
    return {.name = "a plan", .recognises = [form](const std::filesystem::path& path) {
                switch (form) {
                case PlanForm::Full:
                    return headOf(path).starts_with("{\n \"num_gpus\": ");
                case PlanForm::Sglang:
                    return headOf(path).starts_with("{\n \"physical_to_logical_map\": [");
                case PlanForm::List:
                    break;
                }
                return isLaidOutList(path);
            }};
}

Expected<Placement> placementFromJson(
    std::string_view text, const RoutingShape& shape, const std::optional<Cluster>& cluster, const std::string& where)
{
    ES_ASSIGN(const auto file, parseStrictJson(text, kLimits, where));
    const JsonValue* map = file.array() ? &file : file.find("physical_to_logical_map");
    if (!map)
        return fail("no physical_to_logical_map", where);
    ES_ASSIGN(const auto rows, rowsOf(*map, "physical_to_logical_map", where));
    ES_ASSIGN(const auto made, clusterOf(file, cluster, where));
    ES_TRY(checkInverse(file, rows, where));
    ES_ASSIGN(const auto matched, matchRows(file, rows.size(), shape, where));
    std::vector<SitePlacement> sites;
    for (const auto& [site, row] : matched) {
        const Site& known = shape.sites[std::size_t(site)];
        sites.push_back({site, known.layer, known.numExperts, rows[row]});
    }
    auto plan = Placement::create(made, std::move(sites));
    if (!plan)
        return fail(plan.error().what, where + (plan.error().where.empty() ? "" : ", " + plan.error().where));
    return plan;
}

}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/contract_text.h"

#include "analysis/study/request_text.h"
#include "app/cli/terminal/table.h"
#include "io/base/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

namespace expertscope {

using namespace simulation;

namespace {

constexpr std::uint32_t kMostSlots = 1u << 20;
constexpr const char* kCapacityHint = "such as 8, 1-64, 8,16,32, 50% or 8GiB";

std::vector<std::string> parts(const std::string& text)
{
    std::vector<std::string> list(1);
    for (const char c : text) {
        if (c == ',')
            list.emplace_back();
        else
            list.back() += c;
    }
    return list;
}

template <typename T> bool readWhole(const std::string& text, T& value)
{
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && next == end;
}

}

Expected<PassOptions> checkSelection(const SelectionOptions& options)
{
    PassOptions pass;
    for (const std::string& text : options.where) {
        ES_ASSIGN(LabelFilter filter, parseFilter(text));
        pass.where.push_back(std::move(filter));
    }
    if (!options.sites.empty()) {
        ES_ASSIGN(pass.sites, parseSites(options.sites));
    }
    pass.skipFirst = options.skipFirst;
    pass.threads = options.threads;
    return pass;
}

std::vector<std::pair<std::string, std::string>> describe(const PassOptions& selection)
{
    std::string where;
    for (const LabelFilter& filter : selection.where)
        where += (where.empty() ? "" : " ") + filter.label + "=" + filter.value;
    return {
        {"where", where}, {"sites", sitesText(selection.sites)}, {"skip_first", std::to_string(selection.skipFirst)}};
}

Expected<std::vector<NamedParams>> parseNamed(const std::string& text, const char* option, const char* hint)
{
    std::vector<NamedParams> all;
    for (const std::string& part : parts(text)) {
        const auto colon = part.find(':'), equals = part.find('=');
        std::string param;
        if (equals != std::string::npos && colon == std::string::npos && !all.empty()) {
            param = part;
        } else {
            all.push_back({part.substr(0, colon), {}});
            if (colon == std::string::npos)
                continue;
            param = part.substr(colon + 1);
        }
        const auto at = param.find('=');
        if (at == std::string::npos || at == 0)
            return fail("'" + param + "' in '" + text + "' is no KEY=VALUE", option, hint);
        if (!all.back().params.emplace(param.substr(0, at), param.substr(at + 1)).second)
            return fail("parameter '" + param.substr(0, at) + "' is named twice", option);
    }
    return all;
}

std::string namedText(const std::string& name, const std::map<std::string, std::string>& params)
{
    std::string text = name;
    char separator = ':';
    for (const auto& [key, value] : params) {
        text += separator + key + '=' + value;
        separator = ',';
    }
    return text;
}

Expected<std::vector<PolicyRequest>> parsePolicies(const std::string& text)
{
    std::vector<PolicyRequest> policies;
    if (text == "all")
        return policies;
    ES_ASSIGN(auto named, parseNamed(text, "--policy", "such as ema:halflife=8,lru"));
    for (NamedParams& policy : named)
        policies.push_back({std::move(policy.name), std::move(policy.params)});
    std::string known;
    for (const PolicySpec& spec : policyRegistry())
        known += (known.empty() ? "" : ", ") + spec.name;
    std::set<std::string> seen;
    for (const PolicyRequest& policy : policies) {
        const auto spec = std::ranges::find(policyRegistry(), policy.name, &PolicySpec::name);
        if (spec == policyRegistry().end())
            return fail("unknown policy '" + policy.name + "'", "--policy", "all, or of " + known);
        if (auto checked = Parameters::check(spec->params, policy.params); !checked)
            return fail("policy '" + policy.name + "': " + checked.error().what, "--policy", checked.error().hint);
        if (!seen.insert(policyText(policy)).second)
            return fail("policy '" + policyText(policy) + "' is named twice", "--policy");
    }
    return policies;
}

std::string policyText(const PolicyRequest& policy)
{
    return namedText(policy.name, policy.params);
}

Expected<CapacityList> parseCapacities(const std::string& text)
{
    CapacityList list;
    if (text.empty()) {
        for (int i = 1; i <= 16; ++i)
            list.percent.push_back(i * 6.25);
        return list;
    }
    for (const std::string& part : parts(text)) {
        const auto wrong = [&] { return fail("'" + part + "' is no capacity", "--capacity", kCapacityHint); };
        if (part.ends_with('%')) {
            double percent = 0;
            if (!readWhole(part.substr(0, part.size() - 1), percent) || !(percent > 0 && percent <= 100))
                return wrong();
            list.percent.push_back(percent);
            continue;
        }
        if (!part.empty() && std::isalpha(static_cast<unsigned char>(part.back()))) {
            ES_ASSIGN(const double bytes, parseSize(part, "--capacity"));
            list.bytes.push_back(bytes);
            continue;
        }
        const auto dash = part.find('-');
        std::uint32_t first = 0, last = 0;
        if (!readWhole(part.substr(0, dash), first))
            return wrong();
        last = first;
        if (dash != std::string::npos && !readWhole(part.substr(dash + 1), last))
            return wrong();
        if (first < 1 || last < first || last > kMostSlots)
            return wrong();
        list.slots.emplace_back(first, last);
    }
    return list;
}

std::vector<std::uint32_t> capacitiesOf(const CapacityList& list, std::uint32_t poolSize, bool& cut)
{
    std::set<std::uint32_t> slots;
    cut = false;
    for (const auto& [first, last] : list.slots) {
        for (std::uint32_t c = first; c <= std::min(last, poolSize); ++c)
            slots.insert(c);
        if (last > poolSize) {
            slots.insert(poolSize);
            cut = true;
        }
    }
    for (const double percent : list.percent)
        slots.insert(std::clamp<std::uint32_t>(std::uint32_t(std::lround(percent / 100 * poolSize)), 1, poolSize));
    return {slots.begin(), slots.end()};
}

Expected<void> parseService(const std::string& text, Contract& contract)
{
    static constexpr std::pair<const char*, Order> kOrders[] = {{"router", Order::RouterRank},
        {"ascending", Order::AscendingId}, {"resident", Order::ResidentFirst}, {"random", Order::SeededRandom}};
    if (text == "atomic") {
        contract.service = Service::Atomic;
        return {};
    }
    contract.service = Service::Sequential;
    if (text == "sequential")
        return {};
    for (const auto& [name, order] : kOrders) {
        if (text == std::string("sequential:") + name) {
            contract.order = order;
            return {};
        }
    }
    return fail("'" + text + "' is no contract", "--contract",
        "atomic, sequential, or sequential:router, :ascending, :resident, :random");
}

Expected<void> parseScope(const std::string& text, Contract& contract)
{
    if (text == "per-site") {
        contract.scope = Scope::PerSite;
    } else if (text == "global") {
        contract.scope = Scope::Global;
    } else if (text.starts_with("groups:") && readWhole(text.substr(7), contract.sitesInGroup)
        && contract.sitesInGroup > 0) {
        contract.scope = Scope::Groups;
    } else if (text.starts_with("groups:") && text.find_first_of("-,/") != std::string::npos) {
        contract.scope = Scope::Listed;
        for (std::size_t begin = 7; begin <= text.size();) {
            const std::size_t end = std::min(text.find('/', begin), text.size());
            auto sites = parseSites(text.substr(begin, end - begin));
            if (!sites)
                return fail(sites.error().what, "--scope", "such as groups:0-3/4-11, sites that share a pool");
            contract.siteGroups.push_back(std::move(*sites));
            begin = end + 1;
        }
    } else {
        return fail("'" + text + "' is no scope", "--scope",
            "per-site, global, groups:N (N consecutive sites share a pool) or groups:0-3/4-11");
    }
    return {};
}

Expected<double> parseSize(const std::string& text, const std::string& option)
{
    const auto wrong = [&] { return fail("'" + text + "' is no size", option, "such as 1769472, 27MiB or 28.3MB"); };
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || !(value > 0) || !std::isfinite(value))
        return wrong();
    std::string unit(next, end);
    std::erase(unit, ' ');
    if (unit.empty() || unit == "B")
        return value;
    const auto power = std::string("KMGT").find(unit[0] == 'k' ? 'K' : unit[0]);
    const std::string rest = unit.substr(1);
    if (power == std::string::npos || (!rest.empty() && rest != "iB" && rest != "B"))
        return wrong();
    return value * std::pow(rest == "B" ? 1000.0 : 1024.0, double(power + 1));
}

std::string sizeText(double bytes)
{
    static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < std::size(kUnits); ++unit)
        bytes /= 1024;
    return format("%.4g ", bytes) + kUnits[unit];
}

}

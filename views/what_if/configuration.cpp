// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/configuration.h"

#include "analysis/hardware/hardware_presets.h"
#include "io/base/text.h"
#include "views/charts/command_words.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kLinkFile = "what-if-link.json";

/// Enough digits that the same number is read again.
std::string exactly(double value)
{
    return QString::number(value, 'g', 17).toStdString();
}

/// The shortest text that is read as the same number.
std::string shortly(double value)
{
    return QString::number(value, 'g', QLocale::FloatingPointShortest).toStdString();
}

const std::vector<std::pair<const char*, std::optional<double> Configuration::*>>& numbers()
{
    static const std::vector<std::pair<const char*, std::optional<double> Configuration::*>> list{
        {"link_bytes_per_second", &Configuration::linkBytesPerSecond},
        {"link_latency_seconds", &Configuration::linkLatency}, {"expert_bytes", &Configuration::expertBytes},
        {"dense_seconds", &Configuration::denseSeconds}};
    return list;
}

std::string linkJson(const cost::Link& link)
{
    return R"({"kind": "link", "name": "what-if", "title": "a link as chosen", "source": "chosen by hand", )"
           R"("bytes_per_second": )"
        + shortly(link.bytesPerSecond) + R"(, "latency_seconds": )" + shortly(link.latency) + '}';
}

}

bool Configuration::sameTable(const Configuration& other) const
{
    return admission == other.admission && service == other.service && phase == other.phase;
}

CacheOptions tableOptions(const Configuration& configuration)
{
    CacheOptions options;
    options.admission = configuration.admission;
    options.service = configuration.service;
    return options;
}

Scope scopeOf(const Configuration& configuration, Scope scope)
{
    if (configuration.phase != "all")
        scope.phase = parsePhase(configuration.phase).value_or(scope.phase);
    return scope;
}

std::optional<TablePlace> placeIn(const CacheTable& table, const Configuration& configuration)
{
    const TablePolicy* const policy = table.find(configuration.policy);
    if (!policy)
        return {};
    const std::uint32_t capacity
        = configuration.capacity ? configuration.capacity : std::max<std::uint32_t>(table.experts / 4, 1);
    return TablePlace{std::size_t(policy - table.policies.data()), table.placeOf(capacity)};
}

Expected<cost::Machine> machineOf(const Configuration& configuration)
{
    ES_ASSIGN(cost::Machine machine, cost::machineOf(configuration.hardware, "hardware"));
    if (configuration.linkBytesPerSecond)
        machine.link.bytesPerSecond = *configuration.linkBytesPerSecond;
    if (configuration.linkLatency)
        machine.link.latency = *configuration.linkLatency;
    return machine;
}

Expected<cost::Model> modelOf(const Configuration& configuration, const ModelSizes& sizes)
{
    cost::Model model = sizes.model;
    if (configuration.expertBytes)
        model.expertBytes = *configuration.expertBytes;
    else if (!sizes.noExpertBytes.empty())
        return fail("the size of an expert is not known: " + sizes.noExpertBytes, {}, "choose it under Expert size");
    if (configuration.denseSeconds)
        model.denseSeconds = configuration.denseSeconds;
    else if (!sizes.noDense.empty())
        return fail("the time a step spends outside the experts is not known: " + sizes.noDense, {},
            "choose it under Rest of a step");
    return model;
}

QJsonObject toJson(const Configuration& configuration)
{
    QJsonObject json{{"policy", QString::fromStdString(configuration.policy)},
        {"capacity", double(configuration.capacity)},
        {"admission", QString::fromStdString(configuration.admission)},
        {"service", QString::fromStdString(configuration.service)},
        {"phase", QString::fromStdString(configuration.phase)},
        {"hardware", QString::fromStdString(configuration.hardware)}, {"level", configuration.level}};
    for (const auto& [name, member] : numbers()) {
        if (configuration.*member)
            json[name] = *(configuration.*member);
    }
    return json;
}

QStringList fromJson(const QJsonObject& json, Configuration& configuration)
{
    QStringList missing;
    const auto take = [&](const char* name, std::string& value, auto&& good) {
        if (!json.contains(name))
            return;
        const std::string given = json[name].toString().toStdString();
        if (good(given))
            value = given;
        else
            missing << QString("what-if %1 \"%2\"").arg(name, QString::fromStdString(given));
    };
    const auto words = [](std::initializer_list<const char*> known) {
        return [known = std::vector<std::string>(known.begin(), known.end())](
                   const std::string& value) { return std::ranges::find(known, value) != known.end(); };
    };
    take("policy", configuration.policy, [](const std::string& name) {
        return std::ranges::any_of(simulation::policyRegistry(), [&](const auto& spec) { return spec.name == name; });
    });
    take("admission", configuration.admission, words({"forced", "bypass"}));
    take("service", configuration.service, words({"atomic", "sequential"}));
    take("phase", configuration.phase, words({"all", "prompt", "decode"}));
    take("hardware", configuration.hardware,
        [](const std::string& name) { return cost::machineOf(name, "hardware").has_value(); });
    if (const double level = json["level"].toDouble(2); level == 1 || level == 2)
        configuration.level = int(level);
    else
        missing << "what-if level";
    if (const double capacity = json["capacity"].toDouble(0); capacity >= 0 && capacity <= 65535)
        configuration.capacity = std::uint32_t(capacity);
    else
        missing << "what-if capacity";
    for (const auto& [name, member] : numbers()) {
        configuration.*member = {};
        if (!json.contains(name))
            continue;
        const double value = json[name].toDouble(-1);
        const bool mayBeNone = member == &Configuration::linkLatency || member == &Configuration::denseSeconds;
        if (value > 0 || (mayBeNone && value == 0))
            configuration.*member = value;
        else
            missing << QString("what-if %1").arg(name);
    }
    return missing;
}

QString commandOf(const Configuration& configuration, const CacheTable& table, const Study& study, std::size_t trace,
    const Scope& scope, QStringList& unsaid)
{
    CommandWords words;
    words.add("expertscope");
    words.add("simulate");
    words.add("cache");
    words.add(study.traces()[trace].path.string());
    words.option("policy", configuration.policy);
    if (const auto place = placeIn(table, configuration))
        words.option("capacity", std::to_string(table.capacities[place->capacity]));
    if (configuration.admission != "forced")
        words.option("admission", configuration.admission);
    if (configuration.service != "atomic")
        words.option("contract", configuration.service);
    const auto machine = machineOf(configuration);
    std::string before;
    if (machine && modelOf(configuration, table.sizes)) {
        std::string hardware = configuration.hardware;
        if (configuration.linkBytesPerSecond || configuration.linkLatency) {
            before = "printf '%s' " + shellWord(linkJson(machine->link)) + " > " + kLinkFile + " && ";
            hardware.append("+").append(kLinkFile);
        }
        words.option("hardware", hardware);
        if (configuration.level != 2)
            words.option("level", std::to_string(configuration.level));
        if (configuration.denseSeconds)
            words.option("dense-ms", exactly(*configuration.denseSeconds * 1000));
    }
    if (configuration.expertBytes)
        words.option("expert-bytes", exactly(*configuration.expertBytes));
    words.scope(scope, study.shape(trace), unsaid);
    return QString::fromStdString(before + words.text());
}

}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/cluster_choice.h"

#include <algorithm>

namespace expertscope {

bool ClusterChoice::sameQuestion(const ClusterChoice& other) const
{
    return gpus == other.gpus && nodes == other.nodes && replicas == other.replicas && home == other.home
        && dispatch == other.dispatch;
}

ClusterChoice ClusterChoice::withGpus(int wanted) const
{
    ClusterChoice choice = *this;
    choice.gpus = std::max(wanted, 1);
    choice.nodes = std::clamp(choice.nodes, 1, choice.gpus);
    while (choice.gpus % choice.nodes != 0)
        --choice.nodes;
    return choice;
}

ClusterChoice ClusterChoice::withNodes(int wanted) const
{
    ClusterChoice choice = *this;
    choice.nodes = std::max(wanted, 1);
    choice.gpus = std::max(choice.gpus - choice.gpus % choice.nodes, choice.nodes);
    return choice;
}

PlacementOptions optionsOf(const ClusterChoice& choice)
{
    PlacementOptions options;
    options.gpus = std::uint32_t(std::max(choice.gpus, 0));
    options.nodes = std::uint32_t(std::max(choice.nodes, 0));
    options.replicas = std::uint32_t(std::max(choice.replicas, 0));
    options.home = choice.home;
    options.dispatch = choice.dispatch;
    return options;
}

QJsonObject toJson(const ClusterChoice& choice)
{
    return {{"gpus", choice.gpus}, {"nodes", choice.nodes}, {"replicas", choice.replicas},
        {"planner", QString::fromStdString(choice.planner)}, {"home", QString::fromStdString(choice.home)},
        {"dispatch", QString::fromStdString(choice.dispatch)}};
}

QStringList fromJson(const QJsonObject& json, ClusterChoice& choice)
{
    ClusterChoice wanted = choice;
    wanted.gpus = json["gpus"].toInt(wanted.gpus);
    wanted.nodes = json["nodes"].toInt(wanted.nodes);
    wanted.replicas = json["replicas"].toInt(wanted.replicas);
    const auto word = [&](const char* name, std::string& value) {
        value = json[name].toString(QString::fromStdString(value)).toStdString();
    };
    word("planner", wanted.planner);
    word("home", wanted.home);
    word("dispatch", wanted.dispatch);
    PlacementOptions options = optionsOf(wanted);
    options.planners = wanted.planner;
    const auto good = checkPlacement(options);
    if (!good || wanted.replicas < 0 || wanted.planner == "all")
        return {"placement what-if" + (good ? QString() : ": " + QString::fromStdString(good.error().message()))};
    choice = wanted;
    return {};
}

}

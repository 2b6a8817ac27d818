// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/state_json.h"

namespace expertscope {

QJsonObject optionsJson(const ChartState& state)
{
    QJsonObject options;
    for (const auto& [name, value] : state.chosen())
        options[QString::fromStdString(name)] = QString::fromStdString(value);
    return options;
}

QStringList parseOptions(const QJsonObject& given, const ChartSpec& chart, std::map<std::string, std::string>& options)
{
    QStringList lost;
    for (const QString& key : given.keys()) {
        const std::string name = key.toStdString(), value = given[key].toString().toStdString();
        if (const auto checked = checkOptions(chart, {{name, value}}))
            options[name] = value;
        else
            lost << QString("%1: %2").arg(chart.title, QString::fromStdString(checked.error().message()));
    }
    return lost;
}

}

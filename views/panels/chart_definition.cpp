// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/chart_definition.h"

namespace expertscope {

namespace {

QString chanceOf(const MetricSpec& metric)
{
    if (!metric.noUniform.empty())
        return "none: " + QString::fromStdString(metric.noUniform);
    return metric.simulateUniform ? QStringLiteral("the metric itself on tokens routed at random")
                                  : QStringLiteral("in closed form, in brackets behind the values");
}

QString parametersOf(const MetricSpec& metric, const MetricRequest& request)
{
    QStringList parts;
    for (const ParameterSpec& parameter : metric.params) {
        const auto given = request.params.find(parameter.name);
        const std::string value = given == request.params.end() ? parameter.standard : given->second;
        parts << QString::fromStdString(
            parameter.name + " = " + (value.empty() ? "–" : value) + " (" + parameter.meaning + ')');
    }
    return parts.join("; ");
}

QString line(const QString& name, const QString& text)
{
    return text.isEmpty() ? QString() : QString("<br><i>%1</i> %2").arg(name, text.toHtmlEscaped());
}

}

QString metricsDefinition(const std::vector<MetricRequest>& metrics)
{
    QString text;
    for (const MetricRequest& request : metrics) {
        const auto metric = findMetric(request.name);
        if (!metric)
            continue;
        const MetricSpec& spec = **metric;
        text += QString("<p><b>%1</b>: %2")
                    .arg(QString::fromStdString(spec.name), QString::fromStdString(spec.definition).toHtmlEscaped());
        text += line("source", QString::fromStdString(spec.source)) + line("with", parametersOf(spec, request))
            + line("by chance", chanceOf(spec)) + "</p>";
    }
    return text;
}

QString chartDefinition(const ChartSpec& chart, const Parameters& options)
{
    QString text = QString("<p><b>%1</b><br>%2</p>").arg(chart.title.toHtmlEscaped(), chart.definition.toHtmlEscaped());
    return chart.metrics ? text + metricsDefinition(chart.metrics(options)) : text;
}

}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/chart_panel.h"

#include "views/figure/look_json.h"
#include "views/panels/chart_definition.h"
#include "views/panels/followed_cache.h"
#include "views/panels/state_json.h"

namespace expertscope {

namespace {

QJsonArray seenJson(const PlotView& seen)
{
    QJsonArray panels;
    for (const auto& [x, y] : seen.panels)
        panels.append(QJsonArray{x.low, x.high, y.low, y.high});
    return panels;
}

std::optional<PlotView> parseSeen(const QJsonValue& value)
{
    PlotView seen;
    for (const QJsonValue& panel : value.toArray()) {
        const QJsonArray ends = panel.toArray();
        if (ends.size() != 4)
            return {};
        const auto at = [&](int i) { return ends[i].toDouble(); };
        if (!(at(0) < at(1) && at(2) < at(3)))
            return {};
        seen.panels.push_back({{at(0), at(1)}, {at(2), at(3)}});
    }
    return seen.panels.empty() ? std::nullopt : std::optional(seen);
}

}

ChartPanel::ChartPanel(Session& session, const ChartSpec& chart, QWidget* parent)
    : View(parent)
    , m_view(new ChartView(session, chart, this))
{
    hold(m_view);
    followCache(session, m_view->state(), this);
    connect(m_view, &ChartView::readoutChanged, this, &View::readoutChanged);
    connect(m_view, &ChartView::chartChanged, this, &View::contentChanged);
    connect(m_view, &ChartView::actionRequested, this, &View::actionRequested);
    connect(m_view->widget(), &ChartWidget::broughtBack, this, &View::broughtBack);
    connect(m_view, &ChartView::duplicateRequested, this, [this](const std::map<std::string, std::string>& options) {
        QJsonObject own = state();
        QJsonObject all = own["options"].toObject();
        for (const auto& [name, value] : options)
            all[QString::fromStdString(name)] = QString::fromStdString(value);
        own["options"] = all;
        emit duplicateRequested(own);
    });
}

std::vector<ViewKey> ChartPanel::keys() const
{
    std::vector<ViewKey> keys{{"arrows", "move the crosshair; with Ctrl they pin what they come to"},
        {"Enter, click", "pin; with Shift beside other pins"}, {"I, E", "keep, drop the tokens of what is pointed at"},
        {"Backspace", "take out the last filter"}, {"wheel, W, S", "zoom"}, {"drag, A, D", "pan"},
        {"Shift+drag", "over tokens or sequences: keep those"}, {"F, double click", "show all"},
        {"X", "lines of the crosshair"}, {"Shift", "while pointing: what the numbers mean"},
        {"right click, Menu", "what can be done with it"}};
    for (const ChartKey& own : m_view->state().chart().keys)
        keys.push_back({own.key.toUpper(), own.meaning});
    return keys;
}

QString ChartPanel::definition() const
{
    return chartDefinition(m_view->state().chart(), m_view->state().options());
}

QJsonObject ChartPanel::state() const
{
    QJsonObject state{{"options", optionsJson(m_view->state())}, {"look", lookJson(m_view->state().look())}};
    if (m_view->widget()->isZoomed())
        state["seen"] = seenJson(m_view->widget()->seen());
    return state;
}

QStringList ChartPanel::restore(const QJsonObject& state)
{
    const ChartSpec& chart = m_view->state().chart();
    std::map<std::string, std::string> options;
    QStringList lost = parseOptions(state["options"].toObject(), chart, options);
    std::optional<Error> error;
    JsonKeys keys(state["look"].toObject(), QString(), error, "look");
    Look look;
    parseLook(keys, look);
    if (error)
        lost << QString("%1: %2").arg(chart.title, QString::fromStdString(error->message()));
    if (const auto restored = m_view->state().restore(options, error ? Look() : look); !restored)
        lost << QString("%1: %2").arg(chart.title, QString::fromStdString(restored.error().message()));
    if (const auto seen = parseSeen(state["seen"]))
        m_view->showOnceDrawn(*seen);
    return lost;
}

}

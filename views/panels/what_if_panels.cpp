// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/what_if_panels.h"

#include "views/what_if/cache_what_if.h"
#include "views/what_if/hardware_what_if.h"
#include "views/what_if/placement_what_if.h"

namespace expertscope {

CacheWhatIfPanel::CacheWhatIfPanel(Session& session, QWidget* parent)
    : View(parent)
    , m_view(new CacheWhatIf(session, this))
{
    hold(m_view);
    connect(m_view->chart(), &ChartWidget::currentChanged, this, [this] {
        m_said.clear();
        emit readoutChanged();
    });
    connect(m_view, &CacheWhatIf::contentChanged, this, &View::contentChanged);
    connect(m_view, &CacheWhatIf::said, this, [this](const QString& text) {
        m_said = text;
        emit readoutChanged();
    });
}

QString CacheWhatIfPanel::readout() const
{
    return m_said.isEmpty() ? m_view->chart()->readout() : m_said;
}

QString CacheWhatIfPanel::note() const
{
    return m_view->note();
}

bool CacheWhatIfPanel::stop()
{
    return m_view->whatIf().stop();
}

QByteArray CacheWhatIfPanel::csv() const
{
    const ChartPtr& chart = m_view->chart()->chart();
    return chart && m_view->stateText().isEmpty() ? chart->csv() : QByteArray();
}

std::vector<ViewKey> CacheWhatIfPanel::keys() const
{
    return {{"Drag the line", "another size of the cache"}, {"Left, Right on the slider", "a size less, more"},
        {"Page Up, Page Down on the slider", "an eighth of the sizes"}};
}

QString CacheWhatIfPanel::definition() const
{
    return "How often an expert that is asked for lies in its layer's cache, for all policies and sizes at once. "
           "<b>OPT, forced</b> is the best that a cache can do that keeps what it loads; <b>OPT, bypass</b> the best of "
           "all caches (Belady's, with the whole future known). <b>uniform</b>: experts drawn by chance. The dashed line "
           "k is what one token asks for at once. All of it is counted as <i>expertscope simulate cache</i> counts.";
}

QJsonObject CacheWhatIfPanel::state() const
{
    const WhatIf& whatIf = m_view->whatIf();
    QJsonObject state{{"configuration", toJson(whatIf.now())}};
    if (whatIf.kept())
        state["kept"] = toJson(*whatIf.kept());
    return state;
}

QStringList CacheWhatIfPanel::restore(const QJsonObject& state)
{
    Configuration now;
    QStringList missing = fromJson(state["configuration"].toObject(), now);
    std::optional<Configuration> kept;
    if (state.contains("kept"))
        missing += fromJson(state["kept"].toObject(), kept.emplace());
    m_view->whatIf().restore(now, kept);
    return missing;
}

HardwareWhatIfPanel::HardwareWhatIfPanel(Session& session, QWidget* parent)
    : View(parent)
    , m_view(new HardwareWhatIf(session, this))
{
    hold(m_view);
    connect(m_view, &HardwareWhatIf::contentChanged, this, &View::contentChanged);
}

bool HardwareWhatIfPanel::stop()
{
    return WhatIf::of(m_view->session()).stop();
}

QByteArray HardwareWhatIfPanel::csv() const
{
    return m_view->csv();
}

QString HardwareWhatIfPanel::definition() const
{
    return "What the cache of the what-if is worth on a machine, <b>modelled</b>, not measured: from how many experts each "
           "step misses, the time of a load and the GPU's time for an expert. <b>Serial</b>: one thing after the other. "
           "<b>Overlap</b>: within an event loads and computing go on side by side.";
}

PlacementWhatIfPanel::PlacementWhatIfPanel(Session& session, QWidget* parent)
    : View(parent)
    , m_view(new PlacementWhatIf(session, this))
{
    hold(m_view);
    for (ChartWidget* const chart : {m_view->loads(), m_view->traffic()})
        connect(chart, &ChartWidget::currentChanged, this, [this, chart] {
            m_said = chart->readout();
            emit readoutChanged();
        });
    connect(m_view, &PlacementWhatIf::contentChanged, this, &View::contentChanged);
    connect(m_view, &PlacementWhatIf::said, this, [this](const QString& text) {
        m_said = text;
        emit readoutChanged();
    });
}

QString PlacementWhatIfPanel::readout() const
{
    return m_said;
}

bool PlacementWhatIfPanel::stop()
{
    return m_view->stop();
}

QByteArray PlacementWhatIfPanel::csv() const
{
    return m_view->csv();
}

QString PlacementWhatIfPanel::definition() const
{
    return "How evenly GPUs are loaded, and who sends how much to whom, when the experts of every layer are spread over "
           "them. All planners are learnt from some of the sequences and scored on the others, as <i>expertscope simulate "
           "placement</i> does. While a number is dragged, the largest load is that of kept counts; the rest is replayed.";
}

QJsonObject PlacementWhatIfPanel::state() const
{
    return {{"cluster", toJson(m_view->choice())}};
}

QStringList PlacementWhatIfPanel::restore(const QJsonObject& state)
{
    ClusterChoice choice;
    const QStringList missing = fromJson(state["cluster"].toObject(), choice);
    m_view->restore(choice);
    return missing;
}

}

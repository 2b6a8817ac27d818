// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/token_panels.h"

#include "views/panels/state_json.h"
#include "views/tokens/widgets/timeline_view.h"
#include "views/tokens/widgets/token_text_view.h"

namespace expertscope {

namespace {

QStringList restoreOptions(ChartState& state, const QJsonObject& from)
{
    std::map<std::string, std::string> options;
    QStringList lost = parseOptions(from["options"].toObject(), state.chart(), options);
    if (const auto restored = state.restore(options, {}); !restored)
        lost << QString("%1: %2").arg(state.chart().title, QString::fromStdString(restored.error().message()));
    return lost;
}

}

TokenTextPanel::TokenTextPanel(Session& session, QWidget* parent)
    : View(parent)
    , m_view(new TokenTextView(session, this))
{
    hold(m_view);
    connect(m_view, &TokenTextView::readoutChanged, this, &View::readoutChanged);
    connect(m_view, &TokenTextView::contentChanged, this, &View::contentChanged);
}

QString TokenTextPanel::readout() const
{
    return m_view->readout();
}

QString TokenTextPanel::note() const
{
    return m_view->area()->note();
}

QByteArray TokenTextPanel::csv() const
{
    return m_view->csv();
}

bool TokenTextPanel::find()
{
    m_view->openSearch();
    return true;
}

bool TokenTextPanel::stop()
{
    return m_view->stop();
}

std::vector<ViewKey> TokenTextPanel::keys() const
{
    return {{"arrows, click", "go to a token and pin it; with Shift beside other pins"}, {", .", "one token back, on"},
        {"Space", "play along the text"}, {"Ctrl+F, F3, Shift+F3", "find; next, previous"},
        {"drag", "choose a range, which I keeps"}, {"Shift+drag", "keep only these tokens"},
        {"I, E", "keep, drop the tokens of what is pointed at"}, {"Backspace", "take out the last filter"},
        {"right click, Menu", "what can be done with it"}};
}

QString TokenTextPanel::definition() const
{
    return "<p>The text as the model read it, token by token, each in the colour of what the router at the chosen site does with "
           "it: its first choice, the weight of that, entropy and margin of the router's scores, or the loss at that token. Rows "
           "under a line are further routers. What is left out by the filters is pale.</p>";
}

QJsonObject TokenTextPanel::state() const
{
    return {{"options", optionsJson(m_view->state())}};
}

QStringList TokenTextPanel::restore(const QJsonObject& state)
{
    return restoreOptions(m_view->state(), state);
}

TokenTimelinePanel::TokenTimelinePanel(Session& session, QWidget* parent)
    : View(parent)
    , m_view(new TimelineView(session, this))
{
    hold(m_view);
    connect(m_view, &TimelineView::readoutChanged, this, &View::readoutChanged);
}

QString TokenTimelinePanel::readout() const
{
    return m_view->area()->readout();
}

QString TokenTimelinePanel::note() const
{
    return m_view->note();
}

bool TokenTimelinePanel::stop()
{
    return m_view->stop();
}

std::vector<ViewKey> TokenTimelinePanel::keys() const
{
    return {{"click", "go to that token of the text"}, {", .", "one token back, on"}, {"drag in the strip", "what is seen of the sequence"}};
}

QString TokenTimelinePanel::definition() const
{
    return "<p>The sequence at the cursor of the text: a column a token; a row a router, in the colour of the expert that it "
           "chooses first, or a row an expert of one router, dark where the token chose it.</p>";
}

QJsonObject TokenTimelinePanel::state() const
{
    return {{"options", optionsJson(m_view->state())}};
}

QStringList TokenTimelinePanel::restore(const QJsonObject& state)
{
    return restoreOptions(m_view->state(), state);
}

}

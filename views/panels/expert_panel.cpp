// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/expert_panel.h"

#include "analysis/profile/profile_rows.h"
#include "analysis/results/csv_writer.h"
#include "analysis/study/trace_analysis.h"
#include "views/charts/wording.h"
#include "views/panels/expert_card.h"

#include <QHBoxLayout>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QTabBar>

#include <algorithm>
#include <sstream>

namespace expertscope {

namespace {

constexpr std::size_t kMostTabs = 8;
constexpr std::size_t kMostListed = 10; ///< entries of each list: the command line tells more
constexpr const char* kClickAnExpert = "Click an expert in any picture to see its card";

bool fitsIn(const RoutingShape& shape, ExpertAt at)
{
    return std::size_t(at.site) < shape.sites.size() && at.expert.value < shape.sites[std::size_t(at.site)].numExperts;
}

ExpertQuestion questionOf(ExpertAt expert, const Scope& scope)
{
    ExpertQuestion question;
    question.expert = expert;
    question.scope = scope;
    question.most = kMostListed;
    return question;
}

}

ExpertPanel::ExpertPanel(Session& session, QWidget* parent)
    : CardPanel(session, kClickAnExpert, parent)
    , m_tabs(new QTabBar(this))
{
    m_tabs->setObjectName("experts");
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(false);
    m_tabs->setUsesScrollButtons(true);
    m_tabs->setAccessibleName("Experts that were pinned, newest first");
    m_tabs->hide();
    head()->addWidget(m_tabs, 1);
    head()->addStretch();
    card()->setAccessibleName("Expert card");
    connect(m_tabs, &QTabBar::currentChanged, this, [this] {
        card()->verticalScrollBar()->setValue(0);
        ask();
    });
    connect(&session.selection(), &SharedSelection::pinsChanged, this, &ExpertPanel::follow);
    connect(&session, &Session::opened, this, &ExpertPanel::forget);
    connect(&session, &Session::traceChosen, this, &ExpertPanel::forget);
    follow();
}

void ExpertPanel::forget()
{
    const RoutingShape* const shape = session().filters().shape();
    const QSignalBlocker quiet(m_tabs);
    for (std::size_t i = m_experts.size(); i-- > 0;) {
        if (shape && fitsIn(*shape, m_experts[i]))
            continue;
        m_experts.erase(m_experts.begin() + std::ptrdiff_t(i));
        m_tabs->removeTab(int(i));
    }
    m_tabs->setVisible(m_tabs->count() > 0);
    ask();
}

void ExpertPanel::follow()
{
    const Subject chosen = session().selection().chosen();
    const RoutingShape* const shape = session().filters().shape();
    if (!shape || !chosen.site || !chosen.expert || !fitsIn(*shape, {*chosen.site, *chosen.expert}))
        return;
    const ExpertAt expert{*chosen.site, *chosen.expert};
    if (!m_experts.empty() && m_tabs->currentIndex() >= 0 && m_experts[std::size_t(m_tabs->currentIndex())] == expert)
        return;
    {
        const QSignalBlocker quiet(m_tabs);
        if (const auto known = std::ranges::find(m_experts, expert); known != m_experts.end()) {
            m_tabs->removeTab(int(known - m_experts.begin()));
            m_experts.erase(known);
        }
        m_experts.insert(m_experts.begin(), expert);
        m_tabs->insertTab(0, QString::fromUtf8("%1 · %2").arg(shape->sites[std::size_t(expert.site)].layer).arg(expert.expert.value));
        m_tabs->setTabToolTip(0, siteText(*shape, expert.site) + QString(" · expert %1").arg(expert.expert.value));
        while (m_experts.size() > kMostTabs) {
            m_experts.pop_back();
            m_tabs->removeTab(int(m_experts.size()));
        }
        m_tabs->setCurrentIndex(0);
        m_tabs->setVisible(m_tabs->count() > 0);
    }
    card()->verticalScrollBar()->setValue(0);
    ask();
}

void ExpertPanel::request()
{
    const int tab = m_tabs->currentIndex();
    if (tab < 0)
        return showEmpty(kClickAnExpert);
    const ExpertAt expert = m_experts[std::size_t(tab)];
    std::string key = "expert ";
    addKey(key, std::to_string(expert.site.value));
    addKey(key, std::to_string(expert.expert.value));
    session().askStudy<ExpertProfile>(
        this, key,
        [expert](const Study& study, const Side& side, const Progress& progress) {
            return expertProfile(study, side.trace, questionOf(expert, side.scope), progress);
        },
        [this](const Expected<ExpertProfile>& profile) { take(profile, m_profile); });
}

Card ExpertPanel::write() const
{
    return expertCard(m_profile, session().shape(), questionOf(m_profile.expert, {}));
}

QByteArray ExpertPanel::csv() const
{
    if (!showsCard())
        return {};
    std::ostringstream text;
    results::ResultDocument document;
    document.origin.layers = layersBySite(session().shape());
    document.results = rowsOf(m_profile);
    results::writeResultsCsv(text, document);
    return QByteArray::fromStdString(std::move(text).str());
}

}

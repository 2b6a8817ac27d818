// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/selection_panel.h"

#include "analysis/study/condition.h"
#include "views/charts/wording.h"
#include "views/panels/selection_card.h"
#include "views/panels/sets_menu.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kNoTokens = "Open a trace to see what its tokens are";

/// What a pin says of tokens, as a scope of its own; nothing: it names none (a layer, an expert of no layer).
std::optional<Scope> tokensOf(const Subject& pin, const RoutingShape& shape)
{
    Scope scope;
    if (pin.token)
        scope.tokens = TokenRange{*pin.token, TokenIndex(pin.token->value + 1)};
    else if (pin.sequence && std::size_t(*pin.sequence) < shape.sequences.size()) {
        const Sequence& sequence = shape.sequences[std::size_t(*pin.sequence)];
        scope.tokens = TokenRange{sequence.begin, TokenIndex(sequence.begin.value + sequence.length)};
    }
    if (pin.site && pin.expert && !pin.token)
        scope.chose = {{*pin.site, *pin.expert}};
    if (pin.label)
        scope.where = {*pin.label};
    return scope.everything() ? std::nullopt : std::optional(scope);
}

/// One step that keeps or drops the tokens of all pins together, as the card counts them; nothing: there is none, as of
/// pins of several kinds.
std::optional<FilterStep> stepOf(const std::vector<Subject>& pins, bool keep, const RoutingShape& shape)
{
    if (pins.empty())
        return std::nullopt;
    ExpertSet set;
    LabelFilter label;
    for (const Subject& pin : pins) {
        if (pin.site && pin.expert && !pin.token && !pin.label && !pin.sequence) {
            set.experts.push_back({*pin.site, *pin.expert});
        } else if (pin.label && !pin.expert && !pin.token && !pin.sequence) {
            if (label.label.empty())
                label = *pin.label;
            else if (label.label != pin.label->label)
                return std::nullopt;
            else
                label.alternatives.push_back(pin.label->value);
        } else if (pins.size() > 1) {
            return std::nullopt;
        }
    }
    std::optional<FilterStep> step;
    if (set.experts.size() == pins.size())
        step = pins.size() == 1 ? FilterStep{set.experts.front(), keep} : FilterStep{set, keep};
    else if (set.experts.empty() && !label.label.empty())
        step = FilterStep{label, keep};
    else if (pins.front().token || pins.front().sequence)
        return filterOf({.sequence = pins.front().sequence, .token = pins.front().token}, keep, shape);
    return step && fits(*step, shape) ? step : std::nullopt;
}

QToolButton* addButton(QHBoxLayout* row, const QString& text, const QString& name, const QString& tip)
{
    auto* button = new QToolButton;
    button->setText(text);
    button->setObjectName(name);
    button->setToolTip(tip);
    button->setAutoRaise(true);
    row->addWidget(button);
    return button;
}

}

SelectionPanel::SelectionPanel(Session& session, QWidget* parent)
    : CardPanel(session, kNoTokens, parent)
    , m_site(new QComboBox(this))
{
    m_site->setObjectName("selectionSite");
    m_site->setToolTip("The layer whose router is asked; it follows what is pinned");
    m_site->setAccessibleName("Layer");
    m_site->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    head()->addWidget(m_site);
    head()->addStretch(1);
    m_keep = addButton(head(), "Keep", "selectionKeep", "Look only at these tokens  (I)");
    m_drop = addButton(head(), "Drop", "selectionDrop", "Look at all but these tokens  (E)");
    m_unpin = addButton(head(), "Unpin", "selectionUnpin", "Take all pins away  (Esc)");
    auto* sets = addButton(head(), "Sets", "selectionSets", "Named sets of experts: made of the pins, pinned, kept, dropped");
    sets->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(sets);
    sets->setMenu(menu);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] { fillSetsMenu(*menu, this->session()); });
    card()->setAccessibleName("Selection");
    connect(m_keep, &QToolButton::clicked, this, [this] { filter(true); });
    connect(m_drop, &QToolButton::clicked, this, [this] { filter(false); });
    connect(m_unpin, &QToolButton::clicked, this, [this] { this->session().selection().unpinAll(this); });
    connect(m_site, &QComboBox::activated, this, &SelectionPanel::ask);
    connect(&session, &Session::opened, this, &SelectionPanel::fillSites);
    connect(&session, &Session::traceChosen, this, &SelectionPanel::fillSites);
    connect(&session.selection(), &SharedSelection::pinsChanged, this, &SelectionPanel::follow);
    fillSites();
}

void SelectionPanel::fillSites()
{
    const RoutingShape* const shape = session().filters().shape();
    {
        const QSignalBlocker quiet(m_site);
        const int before = m_site->currentIndex();
        m_site->clear();
        for (std::size_t s = 0; shape && s < shape->sites.size(); ++s)
            m_site->addItem(siteText(*shape, SiteIndex(std::uint16_t(s))));
        m_site->setCurrentIndex(before >= 0 && before < m_site->count() ? before : 0);
    }
    m_site->setVisible(m_site->count() > 1);
    follow();
}

void SelectionPanel::follow()
{
    const auto site = session().selection().chosen().site;
    if (site && int(site->value) < m_site->count())
        m_site->setCurrentIndex(site->value);
    updateButtons();
    ask();
}

void SelectionPanel::updateButtons()
{
    const auto& pins = session().selection().pins();
    const RoutingShape* const shape = session().filters().shape();
    m_keep->setEnabled(shape && stepOf(pins, true, *shape));
    m_drop->setEnabled(shape && stepOf(pins, false, *shape));
    m_unpin->setEnabled(!pins.empty());
}

void SelectionPanel::filter(bool keep)
{
    const RoutingShape* const shape = session().filters().shape();
    const auto step = shape ? stepOf(session().selection().pins(), keep, *shape) : std::nullopt;
    if (step)
        session().filters().add(*step);
}

void SelectionPanel::request()
{
    const RoutingShape& shape = *session().filters().shape();
    if (shape.sites.empty() || m_site->currentIndex() < 0)
        return showEmpty("The trace has no routers");
    SelectionQuestion question;
    question.site = SiteIndex(std::uint16_t(m_site->currentIndex()));
    const std::vector<Subject> pins = session().selection().pins();
    std::string key = "selection ";
    addKey(key, std::to_string(question.site.value));
    for (const Subject& pin : pins) {
        if (const auto tokens = tokensOf(pin, shape)) {
            question.parts.push_back(*tokens);
            key += keyText(*tokens);
        }
        if (pin.site && pin.expert && !pin.token) {
            question.experts.push_back({*pin.site, *pin.expert});
            addKey(key, std::to_string(pin.site->value) + ' ' + std::to_string(pin.expert->value));
        }
    }
    session().askStudy<SelectionProfile>(
        this, key,
        [question](const Study& study, const Side& side, const Progress& progress) {
            SelectionQuestion whole = question;
            whole.scope = side.scope;
            return selectionProfile(study, side.trace, whole, progress);
        },
        [this, question, pins](const Expected<SelectionProfile>& profile) {
            m_question = question;
            m_question.scope = session().filters().scope();
            m_pins = pins;
            take(profile, m_profile);
        });
}

Card SelectionPanel::write() const
{
    return selectionCard(m_profile, m_question, m_pins, session().shape());
}

QByteArray SelectionPanel::csv() const
{
    return showsCard() ? selectionCsv(m_profile, m_question, session().shape()) : QByteArray();
}

}

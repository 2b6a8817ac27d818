// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/summary_panel.h"

#include "views/charts/trace_facts.h"
#include "views/session/session.h"
#include "views/widgets/elided_label.h"

#include <QFormLayout>
#include <QScrollArea>
#include <QVBoxLayout>

namespace expertscope {

SummaryPanel::SummaryPanel(Session& session, QWidget* parent)
    : View(parent)
    , m_session(session)
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    outer->addWidget(scroll);
    m_facts = new QWidget(scroll);
    m_form = new QFormLayout(m_facts);
    m_form->setContentsMargins(12, 8, 12, 8);
    m_form->setHorizontalSpacing(12);
    m_form->setVerticalSpacing(4);
    m_form->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    scroll->setWidget(m_facts);
    setFocusProxy(scroll);
    connect(&session, &Session::opened, this, &SummaryPanel::fill);
}

void SummaryPanel::fill()
{
    while (m_form->rowCount() > 0)
        m_form->removeRow(0);
    const auto& traces = m_session.study()->traces();
    for (const NamedTrace& trace : traces) {
        if (traces.size() > 1) {
            auto* name = new ElidedLabel(m_facts);
            QFont font = name->font();
            font.setBold(true);
            name->setFont(font);
            name->setText(QString::fromStdString(trace.name));
            m_form->addRow(name);
        }
        for (const auto& [name, value] : traceFacts(trace)) {
            auto* label = new QLabel(name, m_facts);
            label->setProperty("faint", true);
            auto* text = new ElidedLabel(m_facts);
            text->setText(value);
            text->setTextInteractionFlags(Qt::TextSelectableByMouse);
            text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
            m_form->addRow(label, text);
        }
    }
}

}

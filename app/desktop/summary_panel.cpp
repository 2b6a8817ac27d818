// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/summary_panel.h"

#include <QFontDatabase>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

QLabel* title(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    return label;
}

/// Words wrap; a hash or a path that cannot is a line to scroll in. Either can be selected and copied as it is.
QWidget* valueWidget(const QString& value, QWidget* parent)
{
    qsizetype longest = 0;
    for (const QString& word : value.split(' '))
        longest = std::max(longest, word.size());
    if (longest > 26) {
        auto* line = new QLineEdit(value, parent);
        line->setReadOnly(true);
        line->setFrame(false);
        line->setCursorPosition(0);
        line->setToolTip(value);
        line->setTextMargins(-2, 0, 0, 0);
        QPalette palette = line->palette();
        palette.setColor(QPalette::Base, Qt::transparent);
        line->setPalette(palette);
        return line;
    }
    auto* text = new QLabel(value, parent);
    text->setTextFormat(Qt::PlainText);
    text->setWordWrap(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return text;
}

}

SummaryPanel::SummaryPanel(QWidget* parent)
    : QWidget(parent)
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    m_splitter = new QSplitter(Qt::Vertical, this);
    QSplitter* const splitter = m_splitter;
    splitter->setChildrenCollapsible(false);
    outer->addWidget(splitter);

    auto* top = new QWidget(splitter);
    auto* topLayout = new QVBoxLayout(top);
    topLayout->setContentsMargins(8, 8, 8, 8);
    auto* scroll = new QScrollArea(top);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    topLayout->addWidget(scroll);
    m_facts = new QWidget(scroll);
    m_form = new QFormLayout(m_facts);
    m_form->setContentsMargins(0, 0, 0, 0);
    m_form->setHorizontalSpacing(12);
    m_form->setVerticalSpacing(4);
    m_form->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    scroll->setWidget(m_facts);
    splitter->addWidget(top);

    auto* bottom = new QWidget(splitter);
    auto* bottomLayout = new QVBoxLayout(bottom);
    bottomLayout->setContentsMargins(8, 8, 8, 8);
    m_balanceTitle = title("Balance", bottom);
    bottomLayout->addWidget(m_balanceTitle);
    m_model = new BalanceModel(this);
    m_table = new QTableView(bottom);
    m_table->setObjectName("balanceTable");
    m_table->setModel(m_model);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 6);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    bottomLayout->addWidget(m_table);
    splitter->addWidget(bottom);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    setMinimumWidth(26 * fontMetrics().averageCharWidth() + 160); // five headings of the table, whatever the font
}

void SummaryPanel::setTrace(const TraceFacts& facts)
{
    while (m_form->rowCount() > 0)
        m_form->removeRow(0);
    for (const auto& [name, value] : facts.rows) {
        auto* label = new QLabel(name, m_facts);
        label->setProperty("faint", true);
        m_form->addRow(label, valueWidget(value, m_facts));
    }
}

void SummaryPanel::setTables(const LoadTables& tables, const QString& selection)
{
    m_balanceTitle->setText("Balance, " + selection);
    const int rowsBefore = m_model->rowCount();
    m_model->setTables(tables);
    if (m_model->rowCount() == rowsBefore)
        return;
    // The table takes what its rows need, up to half; the facts get the rest.
    const int needed = m_balanceTitle->sizeHint().height() + m_table->horizontalHeader()->sizeHint().height()
        + m_model->rowCount() * m_table->verticalHeader()->defaultSectionSize() + 32;
    const int height = std::max(m_splitter->height(), 300);
    const int table = std::min(needed, height / 2);
    m_splitter->setSizes({height - table, table});
}

}

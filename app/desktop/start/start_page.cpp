// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/start/start_page.h"

#include "app/desktop/start/trace_card.h"
#include "views/widgets/state_pages.h"

#include <QDir>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

constexpr qsizetype kMostRecent = 6;
constexpr int kPageWidth = 760;

QLabel* heading(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    return label;
}

QPushButton* link(const QString& text, const QString& id, QWidget* parent)
{
    auto* button = new QPushButton(text, parent);
    button->setObjectName(id);
    button->setProperty("link", true); // the style sheet puts it to the left
    button->setFlat(true);
    button->setAutoDefault(true); // Return presses it
    button->setCursor(Qt::PointingHandCursor);
    button->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    return button;
}

void clear(QWidget* holder)
{
    qDeleteAll(holder->findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
}

}

StartPage::StartPage(QWidget* parent)
    : QWidget(parent)
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    m_pages = new QStackedWidget(this);
    outer->addWidget(m_pages);
    m_pages->addWidget(welcomePage());

    auto* reading = new StatePage(this);
    m_reading = reading->addText({});
    auto* progress = new QProgressBar(this);
    progress->setRange(0, 0);
    progress->setTextVisible(false);
    progress->setFixedWidth(240);
    reading->add(progress);
    connect(reading->addButton("Cancel", "loadingCancel"), &QPushButton::clicked, this, &StartPage::cancelRequested);
    m_pages->addWidget(reading);

    auto* failed = new StatePage(this);
    failed->addHeading("This cannot be shown");
    m_error = failed->addText({}, "errorText");
    m_error->setProperty("error", true);
    m_another = failed->addButton("Open another trace…", "errorOpen");
    connect(m_another, &QPushButton::clicked, this, &StartPage::openRequested);
    m_pages->addWidget(failed);
}

QWidget* StartPage::welcomePage()
{
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* whole = new QWidget(scroll);
    auto* centred = new QHBoxLayout(whole);
    auto* page = new QWidget(whole);
    page->setMaximumWidth(kPageWidth);
    centred->addStretch(1);
    centred->addWidget(page, 1000);
    centred->addStretch(1);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(16, 24, 16, 24);
    layout->setSpacing(12);
    layout->addStretch(1);

    auto* title = new QLabel("Which experts does the model use?", page);
    QFont large = title->font();
    large.setPointSizeF(large.pointSizeF() * 1.5);
    title->setFont(large);
    layout->addWidget(title);
    auto* text =
        new QLabel("Open a routing trace, or drop its .h5 file here. No trace yet? Record one here, or in a terminal:", page);
    text->setWordWrap(true);
    text->setProperty("faint", true);
    layout->addWidget(text);
    auto* command = new QLabel("expertscope capture --model MODEL --prompts prompts.jsonl -o trace.h5", page);
    command->setObjectName("emptyCommand");
    QFont mono("monospace");
    mono.setStyleHint(QFont::Monospace);
    command->setFont(mono);
    command->setTextInteractionFlags(Qt::TextSelectableByMouse);
    command->setWordWrap(true);
    layout->addWidget(command);
    m_open = new QPushButton("Open trace…", page);
    m_open->setObjectName("emptyOpen");
    m_open->setMinimumSize(m_open->fontMetrics().horizontalAdvance(m_open->text()) + 40, 32);
    m_open->setAutoDefault(true);
    connect(m_open, &QPushButton::clicked, this, &StartPage::openRequested);
    auto* begin = new QHBoxLayout;
    begin->setSpacing(8);
    begin->addWidget(m_open);
    const auto addBegin = [&](const QString& text, const QString& id, const QString& workspace, const QString& view) {
        auto* button = new QPushButton(text, page);
        button->setObjectName(id);
        button->setMinimumSize(button->fontMetrics().horizontalAdvance(text) + 40, 32);
        button->setAutoDefault(true);
        connect(button, &QPushButton::clicked, this, [this, workspace, view] { emit openDemo({}, workspace, view); });
        begin->addWidget(button);
    };
    addBegin("Capture…", "emptyCapture", {}, "capture");
    addBegin("Type a prompt…", "emptyPrompt", "prompt", "playground");
    begin->addStretch(1);
    layout->addLayout(begin);

    m_try = heading("Begin with a trace that comes along", page);
    layout->addSpacing(8);
    layout->addWidget(m_try);
    m_cards = new QWidget(page);
    auto* cards = new QHBoxLayout(m_cards);
    cards->setContentsMargins(0, 0, 0, 0);
    cards->setSpacing(12);
    layout->addWidget(m_cards);

    auto* columns = new QGridLayout;
    columns->setHorizontalSpacing(24);
    columns->setColumnStretch(0, 1);
    columns->setColumnStretch(1, 1);
    m_recent = new QWidget(page);
    new QVBoxLayout(m_recent);
    m_questions = new QWidget(page);
    new QVBoxLayout(m_questions);
    for (QWidget* column : {m_recent, m_questions}) {
        column->layout()->setContentsMargins(0, 0, 0, 0);
        column->layout()->setSpacing(2);
    }
    columns->addWidget(m_questions, 0, 0, Qt::AlignTop);
    columns->addWidget(m_recent, 0, 1, Qt::AlignTop);
    layout->addSpacing(8);
    layout->addLayout(columns);
    layout->addStretch(2);
    scroll->setWidget(whole);
    return scroll;
}

void StartPage::fillRecent(const QStringList& recent, const QString& last)
{
    clear(m_recent);
    QStringList files = recent;
    files.removeIf([](const QString& path) { return !QFileInfo::exists(path); });
    const bool again = QFileInfo::exists(last);
    m_recent->setVisible(again || !files.isEmpty());
    m_recent->layout()->addWidget(heading("Opened lately", m_recent));
    if (again) {
        auto* button = link("Go on where the last session ended", "lastSession", m_recent);
        button->setToolTip("The same traces, filters, pins and views");
        connect(button, &QPushButton::clicked, this, [this, last] { emit openFile(last); });
        m_recent->layout()->addWidget(button);
    }
    for (const QString& path : files.mid(0, kMostRecent)) {
        auto* button = link(
            QFileInfo(path).fileName() + "  –  " + QFileInfo(path).absoluteDir().dirName(), "recentFile", m_recent);
        button->setToolTip(QDir::toNativeSeparators(path));
        connect(button, &QPushButton::clicked, this, [this, path] { emit openFile(path); });
        m_recent->layout()->addWidget(button);
    }
}

void StartPage::fillCards()
{
    const auto traces = demoTraces();
    m_try->setVisible(!traces.empty());
    if (!m_cards->findChildren<TraceCard*>().isEmpty())
        return; // their thumbnails stay
    for (const DemoTrace& trace : traces) {
        auto* card = new TraceCard(trace, m_cards);
        connect(card, &TraceCard::clicked, this, [this, trace] { emit openDemo(trace, trace.workspace, {}); });
        m_cards->layout()->addWidget(card);
    }
    m_questions->setVisible(!traces.empty());
    m_questions->layout()->addWidget(heading("What you can ask, of these for instance", m_questions));
    for (const Question& question : questions()) {
        if (!question.demo.isEmpty() && std::ranges::find(traces, question.demo, &DemoTrace::id) == traces.end())
            continue;
        auto* button = link(question.text, "question", m_questions);
        button->setToolTip(question.text);
        connect(button, &QPushButton::clicked, this, [this, question] { ask(question); });
        m_questions->layout()->addWidget(button);
    }
}

void StartPage::ask(const Question& question)
{
    if (question.demo.isEmpty())
        return emit openDemo({}, question.workspace, question.view);
    for (const DemoTrace& trace : demoTraces()) {
        if (trace.id == question.demo)
            emit openDemo(trace, question.workspace, question.view);
    }
}

void StartPage::showWelcome(const QStringList& recent, const QString& last)
{
    fillRecent(recent, last);
    fillCards();
    m_pages->setCurrentIndex(0);
    m_open->setFocus();
}

void StartPage::showReading(const QStringList& paths)
{
    showBusy("Reading " + paths.join(", "));
}

void StartPage::showBusy(const QString& text)
{
    m_reading->setText(text);
    m_pages->setCurrentIndex(1);
}

void StartPage::showError(const Error& error)
{
    m_error->setText(QString::fromStdString(error.message()));
    m_pages->setCurrentIndex(2);
    m_another->setFocus();
}

}

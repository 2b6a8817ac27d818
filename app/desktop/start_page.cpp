// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/start_page.h"

#include "views/widgets/state_pages.h"

#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace expertscope {

namespace {

constexpr qsizetype kMostRecent = 5;

}

StartPage::StartPage(QWidget* parent)
    : QWidget(parent)
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    m_pages = new QStackedWidget(this);
    outer->addWidget(m_pages);

    auto* welcome = new StatePage(this);
    welcome->addHeading("Which experts does the model use?");
    welcome->addText("Open a routing trace, or drop its .h5 file here.\nNo trace yet? Record one in a terminal:")
        ->setProperty("faint", true);
    QLabel* command =
        welcome->addText("expertscope capture --model MODEL --prompts prompts.jsonl -o trace.h5", "emptyCommand");
    QFont mono("monospace");
    mono.setStyleHint(QFont::Monospace);
    command->setFont(mono);
    m_open = welcome->addButton("Open trace…", "emptyOpen");
    connect(m_open, &QPushButton::clicked, this, &StartPage::openRequested);
    m_recent = new QWidget(this);
    m_recentLayout = new QVBoxLayout(m_recent);
    m_recentLayout->setSpacing(4);
    welcome->add(m_recent);
    m_pages->addWidget(welcome);

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
    failed->addHeading("This trace cannot be shown");
    m_error = failed->addText({}, "errorText");
    m_error->setProperty("error", true);
    m_another = failed->addButton("Open another trace…", "errorOpen");
    connect(m_another, &QPushButton::clicked, this, &StartPage::openRequested);
    m_pages->addWidget(failed);
}

void StartPage::showWelcome(const QStringList& recent)
{
    qDeleteAll(m_recent->findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
    QStringList files = recent;
    files.removeIf([](const QString& path) { return !QFileInfo::exists(path); });
    for (const QString& path : files.mid(0, kMostRecent)) {
        auto* link =
            new QPushButton(QFileInfo(path).fileName() + "  –  " + QFileInfo(path).absoluteDir().dirName(), m_recent);
        link->setObjectName("recentFile");
        link->setFlat(true);
        link->setAutoDefault(true);
        link->setToolTip(QDir::toNativeSeparators(path));
        link->setCursor(Qt::PointingHandCursor);
        connect(link, &QPushButton::clicked, this, [this, path] { emit openFile(path); });
        m_recentLayout->addWidget(link);
    }
    m_recent->setVisible(!files.isEmpty());
    m_pages->setCurrentIndex(0);
    m_open->setFocus();
}

void StartPage::showReading(const QStringList& paths)
{
    m_reading->setText("Reading " + paths.join(", "));
    m_pages->setCurrentIndex(1);
}

void StartPage::showError(const Error& error)
{
    m_error->setText(QString::fromStdString(error.message()));
    m_pages->setCurrentIndex(2);
    m_another->setFocus();
}

}

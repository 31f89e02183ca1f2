@echo off
rem Runs `rewardedit` from this checkout, in whatever folder one is. Sets everything up the first time; after a change: npm run build.
setlocal
set "built=%~dp0node_modules\.built"
if not exist "%built%" node "%~dp0tools\bootstrap\run.mjs" build > nul || exit /b 1
set /p node=<"%built%"
"%node%" "%~dp0packages\cli\bin\run.js" %*
